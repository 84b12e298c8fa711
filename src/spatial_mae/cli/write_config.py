"""The merged config of a study, written beside its results."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from spatial_mae.files import write_text
from spatial_mae.provenance import add_record_flags, run_record


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", required=True, help="the merged config (JSON)")
    parser.add_argument("--config", type=Path, required=True, help="file to write (.yaml)")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments):
        config = json.loads(arguments.json)
        write_text(arguments.config, yaml.safe_dump(config, sort_keys=False, width=100))


if __name__ == "__main__":
    main()
