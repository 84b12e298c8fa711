"""Rewrite a study file of the earlier form, with a block `figures:`; comments are kept."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import yaml

from spatial_mae.files import write_text
from spatial_mae.study.upgrading import upgraded


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="study or config of the earlier form (.yaml)")
    parser.add_argument(
        "--in-place", action="store_true", help="replace FILE; else FILE.upgraded.yaml is written"
    )
    arguments = parser.parse_args(argv)
    target = arguments.file
    if not arguments.in_place:
        target = target.with_suffix(".upgraded.yaml")
        if target.exists():
            parser.error(f"{target} is there already: remove it, or use --in-place")
    try:
        write_text(target, upgraded(arguments.file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, yaml.YAMLError) as error:
        parser.error(f"{arguments.file}: {error}")
    print(f"written: {target}")


if __name__ == "__main__":
    main()
