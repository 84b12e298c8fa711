"""Curves of trained networks: seeds as bands, controls as thin lines, accuracies in percent."""

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from spatial_mae.figures.drawing.measures import ACCURACY, CONTROLS, ERROR, SCORES, TUNED
from spatial_mae.figures.drawing.notes import notes, number, ranges, remarks
from spatial_mae.figures.drawing.style import (
    BLACK,
    GREY,
    MARKERS,
    NOTE_SIZE,
    legend,
    line,
    ordered,
    panels,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.rows import Row, distinct, groups, levels, pick, spread
from spatial_mae.tables.runs import PROBES

DASHES = {
    "raw_pixels": "--",
    "pca": ":",
    "linear_mae": "-.",
    "untrained": "-",
}
THIN = {"linewidth": 0.7, "zorder": 1}
ON_TOP = 3  # of lines, which have 2


def looks(values: Sequence, palette: str = "viridis") -> dict[object, dict]:
    """A colour and a marker for each of several ordered values, e.g. decoder depths."""
    return {
        value: {"color": colour, "marker": MARKERS[index % len(MARKERS)]}
        for index, (value, colour) in enumerate(ordered(values, palette).items())
    }


def curve(axis: Axes, rows: Sequence[Row], x: str, **look: object) -> None:
    """Means over seeds as a line, and their range as a band where there are several seeds.

    Accuracies of one seed have their error bars. Two points are not joined: with noise in both, a
    line between them would say more than they do. They are above all lines, which show through.
    """
    look = marked(look)
    if len({row[x] for row in rows if row["value"] is not None}) < 3:
        look = {"marker": "_", "zorder": ON_TOP} | look | {"linestyle": "none"}
    line(axis, rows, x, "value", **look)
    for row in rows:
        if row.get("half_width"):
            ends = row["value"] - row["half_width"], row["value"] + row["half_width"]
            axis.vlines(row[x], *ends, color=look["color"], linewidth=0.8)
    ranges = sorted((r[x], r["low"], r["high"]) for r in rows if r["seeds"] > 1)
    if ranges:
        place, low, high = zip(*ranges, strict=True)
        if len(ranges) > 2:
            axis.fill_between(place, low, high, color=look["color"], alpha=0.2, linewidth=0)
        else:
            axis.vlines(place, low, high, color=look["color"])


def marked(look: Mapping) -> dict:
    """A look whose markers are hollow where its line is not solid: points that no line joins."""
    solid = look.get("linestyle", "-") in ("-", "none", "")
    hollow = {} if solid else {"markerfacecolor": "white", "markeredgewidth": 0.7}
    return dict(look) | hollow


def curves(
    axis: Axes, rows: Sequence[Row], x: str, column: str, styles: Mapping, **look: object
) -> None:
    """A curve for each value of `column`, in its style."""
    for value, style in styles.items():
        curve(axis, pick(rows, **{column: value}), x, **style, **look)


def measure_panels(
    rows: Sequence[Row], names: Iterable[str], column: str = "measure", **kw: object
) -> tuple[Figure, list[tuple[str, Axes, list[Row]]]]:
    """A figure with a panel for each measure that the rows have; its name, axis and rows.

    A measure of several labels has a panel for each. column: where a row names its measure. Further
    keywords go to `panels`.
    """
    shown = [
        (name, own)
        for name in names
        for own in groups(pick(rows, **{column: name}), "label").values()
    ]
    if "note" not in kw:
        kw["note"] = notes(rows, *remarks(rows), *ranges(rows))
    figure, axes = panels(1, len(shown), **kw)
    return figure, [(name, axis, own) for (name, own), axis in zip(shown, axes[0], strict=True)]


def score_title(measure: str, rows: Sequence[Row]) -> str:
    """What a panel of a score is called, with the label that its probe says of an image."""
    label = rows[0].get("label")
    return SCORES[measure] if label is None else f"{SCORES[measure]},\n{label}"


def of_panel(rows: Sequence[Row], measure: str, shown: Sequence[Row]) -> list[Row]:
    """Those of the rows that belong in a panel: of its measure or of none, and of its label."""
    own = pick(rows, measure=[measure, None])
    return [row for row in own if row.get("label") == shown[0].get("label")]


def entries(styles: Mapping[object, Mapping], label: str) -> dict[str, Mapping]:
    """Legend entries of styles by value, the value put into `label`."""
    return {label.format(value): style for value, style in styles.items()}


def setting_axis(axis: Axes, rows: Sequence[Row], x: str) -> None:
    """An axis over a setting of the runs, its ticks (some of) the plotted values themselves."""
    ticks = spread(levels(rows, x), 7)
    axis.set_xticks(ticks, [number(value) for value in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel(axis_label(x))


def epochs_from_zero(axis: Axes, rows: Sequence[Row]) -> None:
    """A logarithmic axis of epochs with a place for epoch 0; for axes without curves yet."""
    start = min(row["epoch"] for row in rows if row["epoch"])
    axis.set_xscale("symlog", linthresh=start, linscale=0.4)


def percent(axis: Axes, label: str, rows: Sequence[Row] = ()) -> None:
    """An axis of accuracies in [0, 1] that reads in percent, down to chance.

    Chance is 1 / `n_classes` of the rows, and drawn as a line, if they agree on it.
    """
    chance(axis, rows)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}"))
    axis.set_ylabel(label)


def chance(axis: Axes, rows: Sequence[Row], whole: float = 1) -> None:
    """A line, with its name, at the accuracy of guessing; `whole` is 1, or 100 for percent."""
    counts = {row["n_classes"] for row in rows if row.get("n_classes")}
    if len(counts) != 1:
        return
    level = whole / counts.pop()
    axis.axhline(level, color=BLACK, linewidth=0.5, zorder=1)
    axis.margins(y=0.12)
    place = {"transform": axis.get_yaxis_transform(), "ha": "center", "va": "top"}
    halo = [withStroke(linewidth=1.5, foreground="white")]
    # Between the points of two settings, and of three.
    axis.text(0.25, level, "chance", size=NOTE_SIZE, color=GREY, path_effects=halo, **place)


def control_levels(axis: Axes, rows: Sequence[Row]) -> None:
    """A thin line across for each control."""
    for row in rows:
        axis.axhline(row["value"], color=GREY, linestyle=DASHES[row["control"]], **THIN)


def control_curves(
    axis: Axes, rows: Sequence[Row], x: str, column: str, colours: Mapping[object, Mapping]
) -> None:
    """Thin lines for the controls: across where they depend on no setting, else over `x`.

    Those that depend on `column` have the colours of its values.
    """
    control_levels(axis, [row for row in rows if row.get(x) is None])
    depending = [row for row in rows if row.get(x) is not None]
    for (control, value), group in groups(depending, "control", column).items():
        colour = GREY if value is None else colours[value]["color"]
        line(axis, group, x, "value", color=colour, linestyle=DASHES[control], **THIN)


def log_cost(axis: Axes) -> None:
    """A logarithmic axis of costs with plain numbers."""
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())


def control_looks(rows: Sequence[Row]) -> dict[str, dict]:
    """Legend entries of the controls there are, in their usual order."""
    there = distinct(rows, "control")
    return {
        text: {"color": GREY, "linestyle": DASHES[name], **THIN}
        for name, text in CONTROLS.items()
        if name in there
    }


def draw_scores(rows: list[Row], x: str, column: str, label: str) -> Figure:
    """A panel for each measure over the setting `x`, one curve for each value of `column`."""
    trained, controls = pick(rows, control=None), [r for r in rows if r["control"]]
    note = notes(trained, *remarks(rows), *ranges(rows))
    figure, cells = measure_panels(trained, SCORES, note=note, height=2.0)
    styles = looks(levels(trained, column))
    for measure, axis, shown in cells:
        curves(axis, shown, x, column, styles)
        if measure == "hidden_error":
            axis.set_ylabel(ERROR)
        else:
            control_curves(axis, of_panel(controls, measure, shown), x, column, styles)
            percent(axis, ACCURACY, shown)
        setting_axis(axis, trained, x)
        title(axis, score_title(measure, shown))
    _share_scale([axis for name, axis, _ in cells if name in PROBES])
    legend(figure, entries(styles, label) | control_looks(controls))
    return figure


def _share_scale(axes: Sequence[Axes]) -> None:
    limits = [limit for axis in axes for limit in axis.get_ylim()]
    for axis in axes:
        axis.set_ylim(min(limits), max(limits))


def draw_tuned(rows: list[Row], x: str, column: str, label: str) -> Figure:
    """Accuracies over the setting `x`, one curve for each value of `column`."""
    figure, axes = panels(1, 1, notes(rows, *remarks(rows), *ranges(rows)), height=2.0)
    styles = looks(levels(rows, column))
    curves(axes[0, 0], rows, x, column, styles)
    setting_axis(axes[0, 0], rows, x)
    percent(axes[0, 0], TUNED, rows)
    legend(figure, entries(styles, label))
    return figure
