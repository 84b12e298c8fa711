"""What the page docs/measurements.md says of tables and their columns."""

from collections.abc import Iterator

from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.column import Column
from spatial_mae.tables.columns import COLUMNS, IN_KIND
from spatial_mae.tables.kinds import columns_of

HEAD = """## Columns

Every column has one of four roles. Rows that differ in a **setting** are of different settings.
Rows that differ in a **repeat** alone measure one setting again. A **place** is where within a
setting a number belongs: a pixel, a layer, an epoch, the model that is compared. The rest is a
**measurement**. A setting marked *by X* differs only where X does, and rows are grouped by X. Of
these, `network` is the `model` of a trained network, `exponent` the `power` of a Jacobian, and
`graph` the name of a tree.

An empty cell means that the column does not apply to the row or was not measured. Text stays text
when a table is read, also where it looks like a number.

| column | label | unit | role | type |
|---|---|---|---|---|"""


def lines_of(kind: str) -> Iterator[str]:
    """The file of one run of a kind, and its columns."""
    names = ", ".join(f"`{name}`" for name in columns_of(kind))
    yield from [f"Table of one run: `{KINDS[kind].table}`", "", f"Columns: {names}", ""]


def dictionary() -> Iterator[str]:
    """All columns that tables of experiments have, each once, and those that differ in a kind."""
    yield HEAD
    found = {("", column.name): column for kind in KINDS for column in columns_of(kind).values()}
    found |= {("", name): COLUMNS[name] for _, name in IN_KIND} | IN_KIND
    for kind, name in sorted(found, key=lambda place: place[::-1]):
        yield _row(found[kind, name], f" of `{kind}`" if kind else "")


def _row(column: Column, where: str = "") -> str:
    role = f"{column.role}, by `{column.told_by}`" if column.told_by else column.role
    cells = [f"`{column.name}`{where}", column.label, column.unit, role, column.type]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
