"""The schema of the config and the page that explains it, from the declarations in the code."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_text
from spatial_mae.study.describing import config_schema
from spatial_mae.study.page import reference_page
from spatial_mae.study.schema import SCHEMA

PAGE = SCHEMA.parents[2] / "docs/config.md"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", type=Path, default=SCHEMA, help="file to write (.json)")
    parser.add_argument("--page", type=Path, default=PAGE, help="file to write (.md)")
    arguments = parser.parse_args(argv)
    schema = config_schema()
    write_text(arguments.schema, json.dumps(schema, indent=1) + "\n")
    write_text(arguments.page, reference_page(schema))


if __name__ == "__main__":
    main()
