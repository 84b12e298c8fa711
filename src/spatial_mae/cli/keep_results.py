"""A finished study's tables, rounded, into docs/archives, from which the docs are redrawn."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.sharing.keeping import keep


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="name of the study")
    parser.add_argument("--folder", type=Path, default=Path(), help="folder that holds results/")
    parser.add_argument(
        "--archives", type=Path, default=Path("docs/archives"), help="folder to write STUDY/ in"
    )
    given = parser.parse_args(argv)
    try:
        archive = keep(given.study, given.folder, given.archives)
    except (FileNotFoundError, ValueError) as error:
        parser.error(str(error))
    sizes = [path.stat().st_size for path in archive.folder.rglob("*") if path.is_file()]
    print(f"{archive.folder}: {len(sizes)} files, {sum(sizes) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
