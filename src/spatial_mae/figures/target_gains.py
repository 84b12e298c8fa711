"""Which targets gain from masking: predicted and measured

A statement of this project, not of the papers. Each point is one target of a linear readout without
penalty from the k features of whole images: the test error of the autoencoder less that of the
masked one, as a share of the target's power. Across: predicted from the training moments alone,
before any readout is fitted and without a free parameter. exact: the closed form. turn: the
autoencoder's features, turned to first order towards directions that patches share. redundancy: the
target's mean redundancy gain, less that of the kept features, which is no share of its power. Up:
measured on test images, bars two standard errors. Dashed: predicted and measured are equal. Grey:
no gain. Colours: mask ratio m. Rows: data set and kind of target (responses to Gabor filters,
cosines of the image, cosines of its depth map); in the title Spearman's rank correlation, the
lowest over the mask ratios. The first patch size, k and other settings are drawn.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from spatial_mae.figures.drawing.notes import TWO_ERRORS, notes, readable
from spatial_mae.figures.drawing.style import BLACK, GREY, legend, ordered, panels, styled, title
from spatial_mae.files import Row
from spatial_mae.tables.needs import require
from spatial_mae.tables.rows import first, groups, levels, most_images, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "target_gains"
IN_PAPER = ""
GOAL = ("target", "reading", "scale", "frequency", "orientation", "order_y", "order_x")
COLUMNS = (*GOAL, "mask_ratio", "n_latents", "predictor")
VALUES = ("predicted_gain", "gain", "standard_error", "n_test")
FIRST = ("colour", "patch", "centring", "ridge", "flip", "n_latents")
PREDICTORS = ("exact", "turn", "redundancy")
CORRELATION = "ρ: rank correlation, the lowest over m"
BASELINE = "missed"
KINDS = {"gabor": "Gabors", "cosine": "cosines", "depth": "depth"}


def select(rows: list[Row]) -> list[Row]:
    """All targets, mask ratios and predictors but the baseline, at one setting per data set."""
    require(rows, KIND, ("dataset", "patch", *COLUMNS, *VALUES))
    rows = [row for row in rows if row["predictor"] != BASELINE]
    rows = first(most_images(rows), *FIRST, within=("dataset",))
    return project(rows, (*SOLUTION, *COLUMNS, *VALUES))


@styled
def draw(rows: list[Row]) -> Figure:
    lines_of = groups(rows, "dataset", "target")
    names = sorted(levels(rows, "predictor"), key=_place)
    note = notes(rows, CORRELATION, TWO_ERRORS, *map(_count, lines_of, lines_of.values()))
    figure, axes = panels(len(lines_of), len(names), note, sharey="row", height=1.7)
    colours = ordered(levels(rows, "mask_ratio"))
    for line_of_axes, ((dataset, target), group) in zip(axes, lines_of.items(), strict=True):
        for axis, name in zip(line_of_axes, names, strict=True):
            shown = pick(group, predictor=name)
            _scatter(axis, shown, colours)
            if name != "redundancy":
                _diagonal(axis, shown)
            title(axis, f"{name}, ρ ≥ {_least_correlation(shown):.2f}")
        where = f"{readable(dataset)}, {KINDS.get(target, target)}"
        line_of_axes[0].set_ylabel(f"{where}\nmeasured gain")
    for axis, name in zip(axes[-1], names, strict=True):
        axis.set_xlabel("redundancy excess" if name == "redundancy" else "predicted gain")
    looks = {f"m = {m:g}": _look(colour) for m, colour in colours.items()}
    legend(figure, looks | {"equal": {"color": BLACK, "linestyle": "--", "linewidth": 0.6}})
    return figure


def _count(line_of: tuple, rows: list[Row]) -> str:
    """How many targets of one kind are drawn."""
    dataset, target = line_of
    count = len({tuple(row[name] for name in GOAL) for row in rows})
    return f"{readable(dataset)}: {count} {KINDS.get(target, target)}"


def _place(predictor: str) -> int:
    """The most exact first, unknown ones last."""
    return [*PREDICTORS, predictor].index(predictor)


def _look(colour: object) -> dict:
    return {"color": colour, "marker": "o", "linestyle": "none"}


def _scatter(axis: Axes, rows: list[Row], colours: dict) -> None:
    axis.axhline(0, color=GREY, linewidth=0.5, zorder=1)
    axis.axvline(0, color=GREY, linewidth=0.5, zorder=1)
    for ratio in reversed(levels(rows, "mask_ratio")):
        shown = pick(rows, mask_ratio=ratio)
        x, y, error = ([row[name] for row in shown] for name in VALUES[:3])
        bars = [2 * e for e in error]
        look = {"markersize": 1.8, "elinewidth": 0.5, "alpha": 0.8, "markeredgewidth": 0}
        axis.errorbar(x, y, bars, color=colours[ratio], fmt="o", **look)


def _diagonal(axis: Axes, rows: list[Row]) -> None:
    values = [row[name] for row in rows for name in VALUES[:2]]
    ends = min(values), max(values)
    axis.plot(ends, ends, color=BLACK, linewidth=0.6, linestyle="--", zorder=3)


def _least_correlation(rows: list[Row]) -> float:
    """The lowest of the rank correlations at one mask ratio; 0 where one side is constant."""
    found = []
    for group in groups(rows, "mask_ratio").values():
        x, y = ([row[name] for row in group] for name in VALUES[:2])
        varied = len(set(x)) > 1 and len(set(y)) > 1
        found.append(float(spearmanr(x, y).statistic) if varied else 0.0)
    return min(found)
