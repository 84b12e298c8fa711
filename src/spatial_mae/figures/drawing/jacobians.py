"""Tables of Jacobians: which runs and conventions are drawn, and how figures name and show them."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from spatial_mae.figures.drawing.style import line
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, distinct, first, groups, levels, pick, spread
from spatial_mae.tables.runs import SETTING, first_completed

# What is counted, and what Eq. 11 leaves open.
CONVENTIONS = ("outputs", "power", "channels", "base", "normalised")
# Columns that distinguish the drawn rows of a table, except its own quantity.
CELL = (*SETTING, "source", *CONVENTIONS, "n_image_masks")
SOURCES = {"network": "network", "linear": "linear MAE"}
STROKES = {"network": "-", "linear": "--"}
UNITS = {"e": "nats", 2: "bits"}
MOST = 4  # patch sizes, and mask ratios


def chosen(rows: Sequence[Row]) -> list[Row]:
    """Completed runs at one mask unit and depth of encoder and decoder, in the first conventions.

    The choice is the one with the most pairs of patch size and mask ratio, the first of several.
    `n_masks`, which counts masks per image here, becomes `n_image_masks`. Raises ValueError if no
    run completed.
    """
    rows = first(first_completed(rows, "pretrain_epochs"), "outputs", "power", "channels")
    rows = first(rows, "split", "base", "normalised", within=("measure",))
    choices = groups(rows, "unit", "enc", "dec").values()
    most = max(choices, key=lambda group: len(groups(group, "patch", "mask")))
    names = {"n_masks": "n_image_masks"}
    return [{names.get(key, key): value for key, value in row.items()} for row in most]


def thinned(rows: Sequence[Row]) -> list[Row]:
    """The rows of at most `MOST` patch sizes and as many mask ratios, spread over those there."""
    chosen_values = {key: spread(levels(rows, key), MOST) for key in ("patch", "mask")}
    return pick(rows, **chosen_values)


def with_errors(rows: Sequence[Row], keys: Sequence[str], column: str) -> list[Row]:
    """As `over_seeds`; where there is one seed, `low` and `high` are one standard error away."""
    errors = {tuple(row.get(key) for key in keys): row.get("standard_error") for row in rows}
    found = []
    for row in over_seeds(rows, keys, column):
        error = errors[tuple(row[key] for key in keys)]
        if row["seeds"] < 2 and error is not None:
            row |= {"low": row["value"] - error, "high": row["value"] + error}
        found.append(row)
    return found


def band(axis: Axes, rows: Sequence[Row], x: str, **look: object) -> None:
    """The values as a line, and the range from `low` to `high` as a band."""
    line(axis, rows, x, "value", **look)
    if any(row["low"] < row["high"] for row in rows):
        place, low, high = zip(*sorted((r[x], r["low"], r["high"]) for r in rows), strict=True)
        axis.fill_between(place, low, high, color=look["color"], alpha=0.2, linewidth=0)


def strokes(rows: Sequence[Row], colour: str) -> dict[str, dict]:
    """Legend entries of the sources there are: the network solid, the linear MAE dashed."""
    there = distinct(rows, "source")
    return {
        text: {"color": colour, "linestyle": STROKES[source]}
        for source, text in SOURCES.items()
        if source in there
    }


def entropy_unit(rows: Sequence[Row]) -> str:
    """The unit of these rows' entropy; empty if it is divided by its largest value."""
    return UNITS[rows[0]["base"]] if rows[0]["normalised"] == "no" else ""


def entropy_label(rows: Sequence[Row]) -> str:
    """What an axis of these rows' entropy says."""
    entropies = [row for row in rows if row["base"] is not None]
    unit = entropy_unit(entropies)
    return f"entropy ({unit})" if unit else f"entropy / log({entropies[0]['normalised']} inputs)"


def weight(rows: Sequence[Row]) -> str:
    """The weight of an input in these rows: the absolute value or the square of the Jacobian."""
    return "J²" if pick(rows, power=2) else "|J|"
