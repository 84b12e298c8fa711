"""Spatial scale and level: what both papers say of the same networks, over the mask ratio

Bisulco et al. (2025) and Kong et al. (2023) both ask what mask ratio and mask unit make a masked
autoencoder learn; here are their quantities on the same checkpoints, at the scale of training named
below. A column is a patch size or mask unit. Top: spatial scale after Bisulco et al., the spread of
the reconstruction's Jacobian, i.e. the mean distance of visible pixels from an output pixel,
weighted by |J|; thin: the network before training; dashed: the linear MAE in closed form. Second:
level after Kong et al., expected over the masks of training in a tree of latents above the image
with the mask units as leaves, as doublings of a side: below a latent of level l is a square of side
2^l pixels. Below: their indicators of the level, after training and before (thin): SSIM of
reconstructions with nothing hidden, mean distance of attention in the last block (dotted: equal
attention to all patches), accuracy of a linear probe of the mean patch token. A panel's tau is
Kendall's, of its solid black curve with the spread above, over the mask ratios both have; with five
of them |tau| must be 1 for p < 0.05; none where a curve varies by 1% or less. Of the table's depths
the choice with the most mask ratios is drawn. Lines are means over seeds, bands their range.
"""

from collections.abc import Sequence

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import THIN, curve, marked, setting_axis
from spatial_mae.figures.drawing.notes import notes, ranges, remarks
from spatial_mae.figures.drawing.style import BLACK, CATEGORIES, GREY, legend, panels, styled, title
from spatial_mae.hierarchy.both_papers import course, rank_agreement
from spatial_mae.tables.needs import runs, several
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, groups, levels, pick, project
from spatial_mae.tables.runs import PRETRAINING, SETTING, in_percent

KIND = "both_papers"
IN_PAPER = "Bisulco and Kong"
TAU = "τ: rank correlation (Kendall's) with the spread above"
COLUMNS = (*PRETRAINING, "status", "epochs", "measure", "source", "value")
MEASURES = {
    "spread": "spread of Jacobian\n(pixels)",
    "level_mean": "expected level\n(doublings)",
    "ssim": "SSIM, nothing\nhidden",
    "attention_distance": "distance of\nattention (pixels)",
    "probe": "linear probe (%)",
}
# Compared as well, in the csv alone.
UNDRAWN = ("entropy", "level_highest", "fsim", "silhouette", "knn")
# Of each measure: what is drawn, and how. The first one is what tau compares.
SOLID = {"color": BLACK, "marker": "o"}
LOOKS = {
    "network": SOLID,
    "arity 4": SOLID,
    "arity 2": {"color": CATEGORIES[0], "marker": "s"},
    "linear": marked({"color": CATEGORIES[1], "linestyle": "--", "marker": "^"}),
    "untrained": {"color": GREY, "marker": "x", **THIN},
    "uniform": {"color": GREY, "linestyle": ":", "marker": "_", **THIN},
}
NAMES = {
    "network": "network; quad-tree",
    "arity 2": "binary tree",
    "linear": "linear MAE",
    "untrained": "untrained",
    "uniform": "equal attention",
}
MOST = 4  # columns
NONE = {"tau": None, "n_ratios": None}


def select(rows: list[Row]) -> list[Row]:
    """Means over seeds at one choice of depths; `course`, `tau` and `n_ratios` of each curve."""
    rows = runs(rows, KIND, COLUMNS)
    several(rows, "mask")
    by_depth = groups(rows, "enc", "dec").values()
    rows = max(by_depth, key=lambda group: len(project(group, SETTING)))
    measures = (*MEASURES, *UNDRAWN)
    wanted = [row for row in rows if row["measure"] in measures and row["source"] in LOOKS]
    jacobian = ("spread", "entropy")
    wanted = [r for r in wanted if r["measure"] not in jacobian or r["source"] != "uniform"]
    found = over_seeds([_percent(row) for row in wanted], (*SETTING, "measure", "source"))
    return [row for group in _units(found) for row in _agreeing(group)]


def _percent(row: Row) -> Row:
    return in_percent(row) if row["measure"] == "probe" else row


def _units(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each mask unit that has several mask ratios, smallest first."""
    rows = sorted(rows, key=lambda row: (row["patch"] * row["unit"], row["patch"]))
    found = [g for g in groups(rows, "patch", "unit").values() if len(levels(g, "mask")) > 1]
    return found[:MOST]


def _agreeing(rows: Sequence[Row]) -> list[Row]:
    """Rows of one mask unit: how each curve runs, and its measure's agreement with the spread."""
    spread = _values(pick(rows, measure="spread", source="network"))
    found = []
    for (measure, _), curve_rows in groups(rows, "measure", "source").items():
        compared = pick(rows, measure=measure, source=["network", "arity 4"])
        tau, n_ratios = rank_agreement(spread, _values(compared))
        own = {"course": course(_values(curve_rows))}
        own |= {"tau": tau, "n_ratios": n_ratios} if measure != "spread" else NONE
        found += [row | own for row in curve_rows]
    return found


def _values(rows: Sequence[Row]) -> dict[object, float]:
    return {row["mask"]: row["value"] for row in rows}


@styled
def draw(rows: list[Row]) -> Figure:
    measures = [name for name in MEASURES if pick(rows, measure=name)]
    columns = list(groups(rows, "patch", "unit").items())
    network = [row for row in rows if row["source"] == "network"]
    note = notes(network, *remarks(network), *ranges(network), TAU)
    figure, axes = panels(len(measures), len(columns), note, height=1.15, sharex=True, sharey="row")
    for across, ((patch, unit), group) in enumerate(columns):
        for down, name in enumerate(measures):
            axis, shown = axes[down, across], pick(group, measure=name)
            for source, look in LOOKS.items():
                curve(axis, pick(shown, source=source), "mask", **look)
            if across == 0:
                axis.set_ylabel(MEASURES[name])
            title(axis, _heading(patch, unit, down, shown))
        setting_axis(axes[-1, across], rows, "mask")
    there = {row["source"] for row in rows if row["measure"] in MEASURES}
    legend(figure, {label: LOOKS[name] for name, label in NAMES.items() if name in there})
    return figure


def _heading(patch: int, unit: int, down: int, shown: Sequence[Row]) -> str:
    if down == 0:
        return f"patch {patch}" + (f", mask unit {patch * unit}" if unit > 1 else "")
    if not shown or shown[0]["n_ratios"] < 3:
        return ""
    if shown[0]["tau"] is None:
        return r"no $\tau$: one of the two is flat"
    return rf"$\tau$ = {shown[0]['tau']:.2g} ({shown[0]['n_ratios']} ratios)"
