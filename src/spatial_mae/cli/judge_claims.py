"""Verdicts on the papers' statements, from the tables of a study."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.summary import markdown, summary
from spatial_mae.files import write_json, write_text
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.tables.reading import read_tables


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="name of the study, for the headline")
    parser.add_argument(
        "--table",
        type=_kind_and_path,
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND=PATH",
        help="table of an experiment; tables of one kind are joined",
    )
    parser.add_argument("--json", type=Path, required=True, help="claims to write (.json)")
    parser.add_argument("--markdown", type=Path, required=True, help="the same to read (.md)")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    tables = read_tables(arguments.table)
    with run_record(arguments, [path for _, path in arguments.table]):
        claims = judge_all(tables)
        write_json(arguments.json, claims)
        write_text(arguments.markdown, markdown(arguments.study, claims))
    print("\n".join(summary(claims)))


def _kind_and_path(text: str) -> tuple[str, Path]:
    kind, _, path = text.partition("=")
    if not (kind and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not KIND=PATH, as in losses=losses.csv")
    return kind, Path(path)


if __name__ == "__main__":
    main()
