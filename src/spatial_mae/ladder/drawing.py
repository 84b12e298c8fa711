"""The effect of each statement over the budget: a panel each, with the line and where it leads."""

import textwrap
from collections.abc import Sequence
from math import log10

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.claims.engine import Unit
from spatial_mae.claims.scale import EPOCHS
from spatial_mae.figures.drawing.style import (
    BLACK,
    CATEGORIES,
    GREY,
    legend,
    log_x,
    log_y,
    panels,
    styled,
    title,
    wrapped,
)
from spatial_mae.ladder.effects import in_unit, unit_of, words_of
from spatial_mae.ladder.trends import UNLIKE
from spatial_mae.tables.rows import Row

ACROSS = 3
LETTERS = 36  # of a line above a panel
COLOURS = {
    "holds": CATEGORIES[2],
    "holds-under-conditions": CATEGORIES[4],
    "fails": CATEGORIES[1],
}
NOTE = (
    "Effect as each statement claims it, larger is more of it, in the settings that rungs share; "
    "where something is claimed to be within a margin or beyond it, its distance to the margin. "
    "Points: percentage points of accuracy; times: ratios, on a logarithmic axis; without a unit: "
    "pure numbers. Bars: 95% intervals. Grey: the line over log(epochs), where "
    f"four rungs or more are on one, and the 95% interval that it gives at the paper's {EPOCHS} "
    "epochs. Dashed: no effect. Numbers at points: the part of a statement that decides, where "
    "it is not the same in all rungs; these are no one quantity."
)


def draw(rows: Sequence[Row], lines: Sequence[Row]) -> Figure:
    """rows: of `rungs.judge_rungs`; lines: of `trends.trends`.

    Statements with an estimate are drawn; without any the figure says so.
    """
    return _drawn([(line, _points(rows, line["id"])) for line in lines])


def any_estimate(rows: Sequence[Row]) -> bool:
    """Whether one of the rows of `rungs.judge_rungs` has an estimate."""
    return any(row["same_estimate"] is not None for row in rows)


def _points(rows: Sequence[Row], identity: str) -> list[Row]:
    return [row for row in rows if row["id"] == identity and row["same_estimate"] is not None]


@styled
def _drawn(panels: list[tuple[Row, list[Row]]]) -> Figure:
    shown = [(line, points) for line, points in panels if points]
    if not shown:
        return empty("no statement has an estimate yet: this needs a rung with two seeds or more")
    figure, axes = wrapped(len(shown), ACROSS, [NOTE], height=1.95)
    for axis, (line, points) in zip(axes, shown, strict=True):
        _panel(axis, line, points)
    looks = {
        word.replace("-", " "): {"marker": "o", "color": c, "linestyle": ""}
        for word, c in COLOURS.items()
    }
    legend(figure, looks | {"undecided": {"marker": "o", "color": GREY, "linestyle": ""}})
    return figure


def empty(reason: str) -> Figure:
    """A figure without data that says why."""
    figure, ((axis,),) = panels(1, 1, [reason], height=0.3)
    axis.set_axis_off()
    return figure


def _panel(axis: Axes, line: Row, points: Sequence[Row]) -> None:
    unit = unit_of(points)
    axis.axhline(in_unit(0, unit), color=BLACK, linewidth=0.6, linestyle="--")
    if line["predicted"] is not None:
        first = min(points, key=lambda row: row["epochs"])
        ahead = line["predicted"]
        start = ahead + line["per_tenfold"] * _tenfolds(first["epochs"])
        ends = [in_unit(value, unit) for value in (start, ahead)]
        axis.plot([first["epochs"], EPOCHS], ends, color=GREY, linewidth=1)
        axis.errorbar(
            EPOCHS,
            ends[-1],
            _bar(unit, ahead, line["predicted_low"], line["predicted_high"]),
            marker="D",
            color=GREY,
            capsize=2,
            markersize=3,
        )
    for row in points:
        axis.errorbar(
            row["epochs"],
            in_unit(row["same_estimate"], unit),
            _bar(unit, row["same_estimate"], row["same_low"], row["same_high"]),
            marker="o",
            color=COLOURS.get(row["same_verdict"], GREY),
            capsize=2,
            markersize=4,
        )
        if line["word"] == UNLIKE:
            where = row["epochs"], in_unit(row["same_estimate"], unit)
            axis.annotate(f"{row['same_part']}", where, (4, 2), textcoords="offset points")
    log_x(
        axis,
        [*(row["epochs"] for row in points), *([EPOCHS] if line["predicted"] is not None else [])],
    )
    below = "; ".join(filter(None, (line["settings"], line["word"])))
    words = textwrap.wrap(words_of(points, unit), LETTERS)
    title(axis, "\n".join([line["id"], *words, below]))
    axis.set(xlabel="epochs", ylabel=f"effect ({unit.name})" if unit.name else "effect")
    if unit.ratio:
        log_y(axis)


def _tenfolds(epochs: float) -> float:
    """Powers of ten from the paper's epochs to these: negative below them."""
    return log10(epochs / EPOCHS)


def _bar(unit: Unit, *numbers: float) -> list[list[float]]:
    """How far the ends of an interval are from the value: below and above. numbers: all three."""
    value, low, high = (in_unit(number, unit) for number in numbers)
    return [[max(0.0, value - low)], [max(0.0, high - value)]]
