"""What networks do over the budget: a row of panels for each measure, a column for each patch."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import curves, entries, looks, percent
from spatial_mae.figures.drawing.notes import notes, ranges, remarks
from spatial_mae.figures.drawing.style import GREY, legend, log_x, panels, styled, title
from spatial_mae.ladder import measures
from spatial_mae.ladder.drawing import empty
from spatial_mae.ladder.measures import MEASURES, NAMED, TRAINED, UNTRAINED
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.repeats import mean, over_seeds
from spatial_mae.tables.rows import Row, levels, pick

TITLES = {
    measures.PROBE: "linear probe, mean token",
    measures.ERROR: "error of hidden pixels",
    measures.SPREAD: "mean distance of |J|",
    measures.ENTROPY: "entropy of |J|",
}
AXES = {
    measures.PROBE: "accuracy (%)",
    measures.ERROR: "error / variance",
    measures.SPREAD: axis_label("spread"),
    measures.ENTROPY: "entropy (nats)",
}
NOTE = "each budget has networks and a cosine schedule of its own; dotted: mean of the untrained"
DOTTED = {"color": GREY, "linestyle": ":", "linewidth": 0.8}


def draw_measures(rows: Sequence[Row]) -> Figure:
    """rows: of `measures.measured`; without any the figure says so."""
    return _drawn(over_seeds(rows, ("measure", "state", "patch", "mask", "epochs", *NAMED)))


@styled
def _drawn(rows: list[Row]) -> Figure:
    if not rows:
        return empty("no rung has a table of probes or of Jacobians yet")
    names = [name for name in MEASURES if pick(rows, measure=name)]
    patches, trained = levels(rows, "patch"), pick(rows, state=TRAINED)
    styles, epochs = looks(levels(rows, "mask")), levels(rows, "epochs")
    note = notes(trained, *remarks(trained), *ranges(trained), NOTE)
    figure, axes = panels(len(names), len(patches), note, height=1.5, sharex=True, sharey="row")
    for line, name in zip(axes, names, strict=True):
        for axis, patch in zip(line, patches, strict=True):
            own = pick(rows, measure=name, patch=patch)
            axis.set_visible(bool(own))
            if own:
                _panel(axis, own, styles)
                log_x(axis, epochs)
                title(axis, f"{TITLES[name]}, patch {patch}")
        left = next(axis for axis in line if axis.get_visible())
        left.tick_params(labelleft=True)
        left.set_ylabel(AXES[name])
        if name == measures.PROBE:
            percent(left, AXES[name])
    for column in axes.T:
        lowest = [axis for axis in column if axis.get_visible()][-1]
        lowest.tick_params(labelbottom=True)
        lowest.set_xlabel("epochs of pretraining")
    legend(figure, entries(styles, "mask ratio {}") | {"untrained": DOTTED})
    return figure


def _panel(axis: Axes, rows: Sequence[Row], styles: Mapping) -> None:
    curves(axis, pick(rows, state=TRAINED), "epochs", "mask", styles)
    if untrained := pick(rows, state=UNTRAINED):
        axis.axhline(mean(untrained, "value"), **DOTTED)
