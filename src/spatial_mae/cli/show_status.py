"""Every training run below a folder of results: state, epoch, speed and time left."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.training.status import read_statuses, status_table


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder to look in")
    arguments = parser.parse_args(argv)
    try:
        print("\n".join(status_table(read_statuses(arguments.results))))
    except FileNotFoundError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
