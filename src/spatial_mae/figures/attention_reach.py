"""How far attention reaches, and how widely it spreads, block by block

Numbers for Figs. 6 and 7 of Kong et al. (2023), at the scale named below: theirs is 800 epochs of
ImageNet-1k at width 768. The encoder sees whole held-out images; weights are those on patches,
scaled to a sum of 1. Distance: between a patch and what it attends to, mean over its weights and
over all patches, in pixels. Entropy of a patch's weights, and of the class token's, in nats; both
panels have one scale. All scales begin at 0, attention to one place alone. One colour per mask
ratio of pretraining; grey: the network before it; dashed: equal attention to all patches. Means
over heads, images and seeds, bands the range of the seeds. Of the table's patch sizes, mask units
and depths, the choice with the most mask ratios is drawn.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import THIN, curve, curves, entries, looks, setting_axis
from spatial_mae.figures.drawing.notes import notes, ranges, remarks
from spatial_mae.figures.drawing.style import GREY, legend, line, panels, styled, title
from spatial_mae.tables.needs import keep, runs
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, levels, pick, widest
from spatial_mae.tables.runs import PRETRAINING, SETTING, at_end

KIND = "attention"
IN_PAPER = "Kong Sec. 3.2"
COLUMNS = (*PRETRAINING, "status", "epoch", "epochs")
COLUMNS += ("query", "metric", "block", "head", "value", "uniform")
MEASURES = {
    ("patches", "distance"): "distance (pixels)",
    ("patches", "entropy"): "entropy (nats)",
    ("class_token", "entropy"): "entropy of [CLS] (nats)",
}
UNIFORM = {"color": GREY, "linestyle": "--", **THIN}
UNTRAINED = {"color": GREY, "marker": "x"}
MARGIN = 1.08  # of a scale beyond the largest value, a factor
QUERY = ("query", "metric", "block", "control")


def select(rows: list[Row]) -> list[Row]:
    """Means over heads after the last epoch and before the first one, over all mask ratios."""
    rows = pick(runs(rows, KIND, COLUMNS), head=None)
    rows = [row for row in rows if (row["query"], row["metric"]) in MEASURES]
    rows = widest(rows, "mask", "patch", "unit", "enc", "dec")
    trained = [row | {"control": None} for row in rows if at_end(row)]
    start = [row | {"control": "untrained"} for row in keep(rows, epoch=0)]
    even = [row | {"control": "uniform", "value": row["uniform"]} for row in trained]
    found = over_seeds(trained, (*SETTING, *QUERY))
    return found + over_seeds(start, QUERY) + over_seeds(even, QUERY)


@styled
def draw(rows: list[Row]) -> Figure:
    trained = pick(rows, control=None)
    measures = [m for m in MEASURES if pick(trained, query=m[0], metric=m[1])]
    figure, axes = panels(
        1, len(measures), notes(trained, *remarks(rows), *ranges(rows)), height=1.9
    )
    styles = looks(levels(trained, "mask"))
    for axis, (query, metric) in zip(axes[0], measures, strict=True):
        shown = pick(rows, query=query, metric=metric)
        line(axis, pick(shown, control="uniform"), "block", "value", **UNIFORM)
        curve(axis, pick(shown, control="untrained"), "block", **UNTRAINED)
        curves(axis, pick(shown, control=None), "block", "mask", styles)
        setting_axis(axis, trained, "block")
        axis.set_ylabel(MEASURES[query, metric])
        title(axis)
    _from_zero(axes[0], [metric for _, metric in measures])
    controls = {"untrained": UNTRAINED, "equal attention": UNIFORM}
    legend(figure, entries(styles, "m = {}") | controls)
    return figure


def _from_zero(axes: Sequence[Axes], metrics: Sequence[str]) -> None:
    """Scales from 0, one for all panels of a metric."""
    for metric in set(metrics):
        own = [axis for axis, name in zip(axes, metrics, strict=True) if name == metric]
        top = max(axis.dataLim.ymax for axis in own)
        for axis in own:
            axis.set_ylim(0, MARGIN * top)
