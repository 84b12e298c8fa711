"""Tables of any kind from its declared columns."""

import math
from itertools import product

from spatial_mae.study.measurements import KINDS
from spatial_mae.study.schema import schema
from spatial_mae.tables.column import NUMBER, PLACE, REPEAT, SETTING, TEXT, WHOLE
from spatial_mae.tables.kinds import columns_of


def filled(rows):
    """Every row with the columns of all, as rows of a file have them."""
    columns = dict.fromkeys(key for row in rows for key in row)
    return [dict.fromkeys(columns) | row for row in rows]


FEW = {TEXT: ("first", "second"), WHOLE: (2, 4, 8), NUMBER: (0.25, 0.5, 0.75)}
ALIKE = ("dataset", "model", "training", "unit", "enc", "dec", "epochs")
MOST_ROWS = 1000
KNOWN = {"seed": 0, "n": "all", "pixels": "lossless", "status": "completed"}


def of_columns(kind):
    """A table of any kind from its declared columns: a few values of each setting and place.

    Three, but of a kind with many of them so many that the table stays small.
    """
    columns = columns_of(kind)
    varied = [c for c in columns.values() if c.role in (SETTING, PLACE) and not c.told_by]
    few = {column.name: _few(column, column.name in KINDS[kind].keys) for column in varied}
    for name in sorted(few, key=lambda name: -len(few[name])):
        if math.prod(map(len, few.values())) > MOST_ROWS:
            few[name] = few[name][:2]
    choices = enumerate(product(*few.values()))
    return [_row(columns, dict(zip(few, choice, strict=True)), n) for n, choice in choices]


def _few(column, is_key):
    """Values of a column: those that a grid allows, else any of its type."""
    experiment = schema()["properties"]["experiments"]["items"]["properties"]
    key = experiment["grids"]["items"]["properties"].get(column.name, {})
    values = key.get("items", {}).get("enum") or FEW.get(column.type, ("all",))
    return values[: 1 if column.name in ALIKE else 2 if is_key else 3]


def _row(columns, chosen, number):
    """The chosen values, and for every other column one that fits its type."""
    row = {}
    for name, column in columns.items():
        measured = 0.5 + 0.4 * math.sin(number + len(name))
        other = 100 if column.role in (SETTING, REPEAT) else measured
        other = "one" if column.type == TEXT else other
        row[name] = chosen.get(name, KNOWN.get(name, other))
    return row
