"""Verdicts on the papers' statements, from the tables of a study."""

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.summary import markdown, summary
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, values
from spatial_mae.files import write_json, write_text
from spatial_mae.tables.reading import kind_and_path, read_tables


@entry_point(
    values(str, study="name of the study, for the headline"),
    flag(
        "table",
        type=kind_and_path,
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND=PATH",
        help="table of an experiment; tables of one kind are joined",
    ),
    paths(json="claims to write (.json)", markdown="the same to read (.md)"),
    inputs=lambda given: [path for _, path in given.table],
)
def main(given: Namespace) -> None:
    claims = judge_all(read_tables(given.table))
    write_json(given.json, claims)
    write_text(given.markdown, markdown(given.study, claims))
    print("\n".join(summary(claims)))


if __name__ == "__main__":
    main()
