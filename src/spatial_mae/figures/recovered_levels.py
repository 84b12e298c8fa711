"""Levels of known latents that trained networks hold, over the mask ratio of training

Tests the prediction of the Gaussian tree (docs/quad-tree.md) on networks: of images with nothing
hidden, the level that a network's features explain does not depend on the mask ratio it was trained
at. Images are drawn from a known tree of latents. Vertical axis: R squared on held-out images of
the noises of each level, 0 at the patches, predicted by ridge regression from the first principal
components of all patch tokens (solid) or from the mean token (dashed); 1 is known, 0 is nothing.
Thin: the network before training. A column is a data set and a size of mask unit. Points are means
over seeds, bands their range.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import THIN, curve, setting_axis
from spatial_mae.figures.drawing.notes import notes, ranges, readable, remarks
from spatial_mae.figures.drawing.style import (
    CATEGORIES,
    GREY,
    MARKERS,
    legend,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import label
from spatial_mae.tables.needs import keep, require, runs, several
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, distinct, first, groups, levels, pick
from spatial_mae.tables.runs import PRETRAINING, SETTING

KIND = "level_recovery"
IN_PAPER = "Kong Theorem 2"
CURVE = ("source", "representation", "readout", "components", "level")
COLUMNS = (*CURVE, "metric", "value", "dataset", *PRETRAINING, "status", "epochs")
DASHES = {"components": "-", "mean": "--"}
NAMES = {"components": "principal components", "mean": "mean token"}
MOST = 4  # columns


def select(rows: list[Row]) -> list[Row]:
    """R squared of each level, over seeds, of the first readout and depths."""
    require(rows, KIND, COLUMNS)
    done = [row for part in groups(rows, "dataset").values() for row in runs(part, KIND, COLUMNS)]
    rows = keep(done, metric="r_squared", source=["trained", "untrained"])
    several(rows, "mask")
    rows = first(keep(rows, representation=list(DASHES)), "readout", "enc", "dec")
    return over_seeds(rows, tuple(dict.fromkeys(("dataset", *SETTING, *CURVE))))


@styled
def draw(rows: list[Row]) -> Figure:
    columns = list(groups(rows, "dataset", "patch", "unit").items())[:MOST]
    note = notes(rows, *_count(rows), *remarks(rows), *ranges(rows))
    read = [name for name in DASHES if pick(rows, representation=name)]
    figure, axes = panels(len(read), max(len(columns), 2), note, height=1.6, sharey=True)
    looks = _looks(rows)
    for across, ((dataset, _, unit), part) in enumerate(columns):
        for down, name in enumerate(read):
            axis, shown = axes[down, across], pick(part, representation=name)
            for level, look in looks.items():
                own, dash = pick(shown, level=level), {"linestyle": DASHES[name]}
                thin = look | dash | THIN | {"marker": ""}
                curve(axis, pick(own, source="untrained"), "mask", **thin)
                curve(axis, pick(own, source="trained"), "mask", **look, **dash)
            axis.set_ylim(-0.06, 1.06)
            setting_axis(axis, part, "mask")
            title(axis, f"{readable(dataset)}, mask unit {unit}" if down == 0 else "")
            if across == 0:
                axis.set_ylabel(f"{label('r_squared')}, {NAMES[name]}")
    for axis in axes[:, len(columns) :].flat:
        axis.set_visible(False)
    entries = {f"level {level}": look for level, look in looks.items()}
    legend(figure, entries | {"before training": {"color": GREY, "linewidth": 0.7}})
    return figure


def _looks(rows: list[Row]) -> dict[int, dict]:
    found = levels(rows, "level")[::-1]
    return {
        level: {"color": CATEGORIES[place % len(CATEGORIES)], "marker": MARKERS[place]}
        for place, level in enumerate(found)
    }


def _count(rows: list[Row]) -> list[str]:
    counts = distinct(rows, "components")
    return [f"{count} principal components" for count in counts[:1]]
