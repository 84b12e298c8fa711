"""docs/tables.md: the columns of every kind's tables, from their declarations.

`python -m spatial_mae.tables.documentation docs/tables.md` writes it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_text
from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.column import Column
from spatial_mae.tables.kinds import columns_of

HEAD = """# Tables

An experiment's table, `results/{study}/tables/{experiment}.csv`, holds the rows of all its runs, as
tidy text: one row per measured number, one column per fact. This page lists the columns of each
kind of experiment. It is written from the declarations in `src/spatial_mae/tables/` by
`python -m spatial_mae.tables.documentation docs/tables.md`; a test fails where it is out of date.

Every column has one of four roles. Rows that differ in a **setting** are of different settings.
Rows that differ in a **repeat** alone measure one setting again. A **place** is where within a
setting a number belongs: a pixel, a layer, an epoch, the model that is compared. The rest is a
**measurement**. A setting marked *by X* differs only where X does, and rows are grouped by X. Of
these, `network` is the `model` of a trained network, `exponent` the `power` of a Jacobian, and
`graph` the name of a tree.

An empty cell means that the column does not apply to the row or was not measured. Text stays text
when a table is read, also where it looks like a number.
"""
LINE = "| column | label | unit | role | type |"


def document() -> str:
    """The page, in Markdown."""
    parts = [HEAD, *(_section(kind) for kind in sorted(KINDS))]
    return "\n".join(parts)


def _section(kind: str) -> str:
    """The file of one run, and a table of the columns."""
    rows = [_row(column) for column in columns_of(kind).values()]
    head = f"## {kind}\n\nOf one run, by the rule `{KINDS[kind].rule}`: `{KINDS[kind].table}`\n"
    return "\n".join([head, LINE, "|---" * 5 + "|", *rows, ""])


def _row(column: Column) -> str:
    role = f"{column.role}, by `{column.told_by}`" if column.told_by else column.role
    cells = [f"`{column.name}`", column.label, column.unit, role, column.type]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the page on tables.")
    parser.add_argument("page", type=Path, help="file to write (.md)")
    write_text(parser.parse_args(argv).page, document())


if __name__ == "__main__":
    main()
