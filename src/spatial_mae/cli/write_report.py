"""The report of a study: one self-contained page that opens from disk."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_text
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.report.page import compose


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="name of the study")
    parser.add_argument("--config", type=Path, required=True, help="its merged config (.yaml)")
    parser.add_argument("--figures", type=Path, required=True, help="folder of png and csv")
    parser.add_argument("--figure-names", nargs="*", default=[], help="figures, in page order")
    parser.add_argument("--claims", type=Path, required=True, help="judged claims (.json)")
    parser.add_argument(
        "--records-root", type=Path, required=True, help="folder of run records and data sets"
    )
    parser.add_argument("--report", type=Path, required=True, help="page to write (.html)")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.config, arguments.claims]) as record:
        page = compose(
            arguments.study,
            arguments.config,
            arguments.figures,
            arguments.figure_names,
            arguments.claims,
            arguments.records_root,
            record,
        )
        write_text(arguments.report, page)


if __name__ == "__main__":
    main()
