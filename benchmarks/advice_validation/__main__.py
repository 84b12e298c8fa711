"""Of study advise_validation: `collect` its grids, `report` what advice loses, write the `page`."""

import argparse
from pathlib import Path

from benchmarks.advice_validation.grids import collect
from benchmarks.advice_validation.page import page
from benchmarks.advice_validation.report import report
from spatial_mae.files import write_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    collecting = tasks.add_parser("collect", help="from results to a table for each grid")
    collecting.add_argument("--results", type=Path, default=Path("results"))
    collecting.add_argument("--out", type=Path, required=True, help="folder to write")
    reporting = tasks.add_parser("report", help="print markdown")
    reporting.add_argument("folder", type=Path, help="tables that `collect` wrote")
    writing = tasks.add_parser("page", help="write docs/advise-validation.md")
    writing.add_argument("docs", type=Path, help="the folder of the pages")
    given = parser.parse_args()
    if given.task == "collect":
        collect(given.results, given.out)
    elif given.task == "page":
        write_text(given.docs / "advise-validation.md", page(given.docs / "archives/advise"))
    else:
        print(report(given.folder))


if __name__ == "__main__":
    main()
