"""Boundary pixels left out of the loss, against the plain loss at equal seeds

Tests what Kong et al. (2023, Sec. 3.6) propose but do not try, at the scale named below. The loss
is taken over hidden pixels further than so many pixels from a visible one; width 0 is the plain
loss. Everything else is equal: recipe, seeds, images. Test accuracy of linear probes of the frozen
encoder, on whole images, read from the mean patch token and from the [CLS] token, and of a k-NN
vote; and the mean squared error over all hidden pixels of held-out images, boundary included, in
units of the pixels' variance. Thin lines join the runs of one seed, dots are means. Bars around a
mean: one standard error of its paired difference from width 0; none where there is one pair. Of the
table's settings the first one with most widths and seeds is drawn.
"""

from math import sqrt
from statistics import fmean, stdev

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import measure_panels
from spatial_mae.figures.drawing.notes import notes, remarks
from spatial_mae.figures.drawing.scores import EVALUATION, counted, of_first_label
from spatial_mae.figures.drawing.style import BLACK, CATEGORIES, GREY, legend, line, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import require, several
from spatial_mae.tables.repeats import FRAME, by_seed
from spatial_mae.tables.rows import Row, distinct, first, groups, levels, pick, project
from spatial_mae.tables.runs import (
    BUDGET,
    HIDDEN_ERROR,
    SETTING,
    asked,
    at_end,
    first_completed,
    in_percent,
)

KIND = "evaluation"
IN_PAPER = "Kong Sec. 3.6"
WIDTH = "boundary_width"
MEASURES = {
    ("linear_probe", "mean"): "linear probe,\nmean token (%)",
    ("linear_probe", "class_token"): "linear probe,\n[CLS] token (%)",
    ("knn", "mean"): "k-NN,\nmean token (%)",
    ("reconstruction", None): "hidden error\n/ variance",
}
BARS = "bars: one standard error of the difference from 0, paired by seed"
LOOKS = {
    "one seed": {"color": GREY, "linewidth": 0.6, "marker": "."},
    "mean": {"color": BLACK, "marker": "o"},
}
# Two trainings are compared if they agree in these.
ALIKE = ("pretrain_epochs", *BUDGET)


def select(rows: list[Row]) -> list[Row]:
    """Each run's measures, `seed` given, and their means over seeds, `seed` empty."""
    require(rows, KIND, (*EVALUATION, WIDTH))
    rows = of_first_label(first(rows, "dataset", "model"))
    trainings = groups(rows, "training").values()
    parts = [first_completed(own, "pretrain_epochs") for own in trainings]
    left_out = {"runs_left_out": sum(part[0]["runs_left_out"] for part in parts)}
    rows = [row | left_out for part in parts for row in part]
    rows = [counted(row) | {"measure": _measure(row)} for row in rows if at_end(row)]
    rows = [_percent(row) for row in rows if row["measure"] in MEASURES.values()]
    choices = [g for g in groups(rows, *SETTING, *ALIKE).values() if pick(g, boundary_width=0)]
    if not choices:
        raise ValueError(
            "this figure compares with the plain loss and its table holds no completed training "
            "with boundary_width 0; list one in the experiment's grid"
        )
    rows = max(choices, key=lambda group: len(project(group, (WIDTH, "seed"))))
    widths = several(rows, WIDTH)
    columns = (*FRAME, *SETTING, "seed", WIDTH, "measure", "value", "low", "high", "seeds")
    spans = [row | {"low": row["value"], "high": row["value"], "seeds": 1} for row in rows]
    found = project(spans, columns)
    for measure in distinct(rows, "measure"):
        by_width = {w: by_seed(pick(found, measure=measure, boundary_width=w)) for w in widths}
        found += [_mean(by_width[w], by_width[widths[0]]) for w in widths if by_width[w]]
    return found


def _measure(row: Row) -> str | None:
    if row["protocol"] == "reconstruction" and asked(row) != HIDDEN_ERROR:
        return None
    return MEASURES.get((row["protocol"], row["representation"]))


def _percent(row: Row) -> Row:
    return row if row["protocol"] == "reconstruction" else in_percent(row)


def _mean(own: dict[object, Row], plain: dict[object, Row]) -> Row:
    """The mean over seeds, and that of the paired differences from the narrowest width.

    The error of one pair is not known; that of the narrowest width, compared with itself, is 0.
    """
    gains = [own[seed]["value"] - plain[seed]["value"] for seed in own if seed in plain]
    value = fmean(row["value"] for row in own.values())
    alone = 0.0 if own is plain else None
    error = stdev(gains) / sqrt(len(gains)) if len(gains) > 1 else alone
    paired = {"difference": fmean(gains) if gains else None, "difference_error": error}
    ends = (None, None) if error is None else (value - error, value + error)
    span = {"value": value, "low": ends[0], "high": ends[1]}
    return next(iter(own.values())) | {"seed": None, "seeds": len(own)} | span | paired


@styled
def draw(rows: list[Row]) -> Figure:
    runs, means = [r for r in rows if r["seed"] is not None], pick(rows, seed=None)
    barred = [row for row in means if row["low"] is not None and row["low"] < row["high"]]
    note = notes([_common(row) for row in runs], *remarks(means), *([BARS] if barred else []))
    figure, cells = measure_panels(rows, MEASURES.values(), note=note, height=1.9)
    for name, axis, _ in cells:
        for seed in levels(runs, "seed"):
            own = pick(runs, measure=name, seed=seed)
            line(axis, own, WIDTH, "value", **LOOKS["one seed"], zorder=1)
        shown = sorted(pick(means, measure=name), key=lambda row: row[WIDTH])
        line(axis, shown, WIDTH, "value", **LOOKS["mean"])
        for row in pick(barred, measure=name):
            ends = row["low"], row["high"]
            axis.vlines(row[WIDTH], *ends, color=CATEGORIES[1], linewidth=2, zorder=3)
        axis.set_xticks(levels(means, WIDTH))
        axis.set(xlabel=axis_label(WIDTH), ylabel=name)
        title(axis)
    legend(figure, LOOKS)
    return figure


def _common(row: Row) -> Row:
    """Without the recipe's name, which only says the width again."""
    return {key: value for key, value in row.items() if key != "training"}
