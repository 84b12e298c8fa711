"""`collect` the grids of study advise_validation, or `report` what advice loses on them."""

import argparse
from pathlib import Path

from benchmarks.advice_validation.grids import collect
from benchmarks.advice_validation.report import report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    collecting = tasks.add_parser("collect", help="from results to a table for each grid")
    collecting.add_argument("--results", type=Path, default=Path("results"))
    collecting.add_argument("--out", type=Path, required=True, help="folder to write")
    reporting = tasks.add_parser("report", help="print markdown")
    reporting.add_argument("folder", type=Path, help="tables that `collect` wrote")
    given = parser.parse_args()
    if given.task == "collect":
        collect(given.results, given.out)
    else:
        print(report(given.folder))


if __name__ == "__main__":
    main()
