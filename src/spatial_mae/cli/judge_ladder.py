"""Verdicts at each budget of a ladder, how effects change with it, and their figure.

Experiments whose table is not there yet are left out: a ladder that was stopped reports all the
same what it has.
"""

from spatial_mae.claims.ladder import judge_rungs, markdown, trends
from spatial_mae.entry_point import Namespace, entry_point, flag, paths
from spatial_mae.figures.drawing.ladder import draw
from spatial_mae.figures.drawing.style import save
from spatial_mae.files import write_rows, write_text
from spatial_mae.tables.reading import kind_and_path, read_tables


def _rung(text: str) -> tuple[str, int]:
    name, _, epochs = text.partition("=")
    return name, int(epochs)


@entry_point(
    flag(
        "table",
        type=kind_and_path,
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND=PATH",
        help="table of an experiment; one that is missing is left out",
    ),
    flag("rung", type=_rung, nargs="+", required=True, metavar="RECIPE=EPOCHS", help="the rungs"),
    paths(
        verdicts="csv to write, a row for each statement and rung",
        trends="csv to write, a row for each statement",
        markdown="the same to read (.md)",
        pdf="figure to write",
        png="the same as a bitmap",
    ),
    inputs=lambda given: [path for _, path in given.table if path.is_file()],
)
def main(given: Namespace) -> None:
    there = [(kind, path) for kind, path in given.table if path.is_file()]
    for _, path in given.table:
        if not path.is_file():
            print(f"{path}: not there yet, left out")
    rows = judge_rungs(read_tables(there), dict(given.rung))
    lines = trends(rows)
    write_rows(given.verdicts, rows)
    write_rows(given.trends, lines)
    write_text(given.markdown, markdown(lines))
    save(draw(rows, lines), given.pdf, given.png)
    print(markdown(lines))


if __name__ == "__main__":
    main()
