"""Unpack an archive of `pack_results` to where Snakemake expects results, after checking it."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.sharing.unpacking import unpack


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, required=True, help="what `pack_results` wrote")
    parser.add_argument("--study", help="accept only an archive of this study")
    parser.add_argument("--folder", type=Path, default=Path(), help="checkout to put results/ in")
    parser.add_argument("--force", action="store_true", help="replace files whose content differs")
    arguments = parser.parse_args(argv)
    try:
        manifest = unpack(arguments.archive, arguments.folder, arguments.study, arguments.force)
    except (ValueError, FileExistsError, FileNotFoundError) as error:
        parser.error(str(error))
    print(f"study {manifest['study']}: {len(manifest['files'])} files, all as they were packed")
    print(f"computed at {'; '.join(manifest['commits']) or 'an unknown commit'}")
    print(f"To redraw figures, claims and report: make redraw STUDY={manifest['study']}")


if __name__ == "__main__":
    main()
