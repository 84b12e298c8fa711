"""The results of a finished study as one archive: tables, figures, claims, report, run records."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.sharing.packing import pack


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="name of the study")
    parser.add_argument("--archive", type=Path, required=True, help="file to write (.tar.gz)")
    parser.add_argument("--folder", type=Path, default=Path(), help="folder that holds results/")
    arguments = parser.parse_args(argv)
    try:
        files = pack(arguments.study, arguments.folder, arguments.archive)["files"]
    except (FileNotFoundError, ValueError) as error:
        parser.error(str(error))
    size = sum(known["size"] for known in files.values())
    packed = arguments.archive.stat().st_size
    print(f"{arguments.archive}: {len(files)} files, {size / 1e6:.1f} MB in {packed / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
