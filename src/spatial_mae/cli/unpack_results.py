"""Put the results in an archive of `pack_results` where Snakemake looks for them, checked."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.sharing.unpacking import unpack


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, required=True, help="what `pack_results` wrote")
    parser.add_argument("--study", help="refuse an archive of any other study")
    parser.add_argument("--folder", type=Path, default=Path(), help="checkout to put results/ in")
    parser.add_argument("--force", action="store_true", help="replace files of other content")
    arguments = parser.parse_args(argv)
    try:
        manifest = unpack(arguments.archive, arguments.folder, arguments.study, arguments.force)
    except (ValueError, FileExistsError, FileNotFoundError) as error:
        parser.error(str(error))
    print(f"study {manifest['study']}: {len(manifest['files'])} files, all as they were packed")
    print(f"computed at {'; '.join(manifest['commits']) or 'an unknown commit'}")
    print(f"To draw, judge and report anew: make redraw STUDY={manifest['study']}")


if __name__ == "__main__":
    main()
