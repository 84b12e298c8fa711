"""Linear probes over the epochs of pretraining

Answers Fig. 10 (right) of Bisulco et al. (2025), at the scale named below: theirs is 2000 epochs at
width 192. Test accuracy of linear probes on the frozen encoder, which sees whole images, read from
the [CLS] token or from the mean of the patch tokens, at every epoch whose weights were kept, one
colour an encoder depth. Epoch 0 is the untrained network. All epochs belong to one schedule, whose
learning rate falls to zero at the last: an early point is not a finished shorter pretraining. Thin
lines are probes of raw pixels and of their principal components. Lines are means over seeds, bands
or bars the range of the seeds; with one seed, bars are two standard errors of the judged images.
The first data set, network and recipe of the table are drawn, and of its other settings the choice
with the most encoder depths (the first if several have as many). Chance is one over the number of
classes.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import (
    control_levels,
    control_looks,
    curves,
    entries,
    epochs_from_zero,
    looks,
    measure_panels,
    of_panel,
    percent,
    score_title,
    setting_axis,
)
from spatial_mae.figures.drawing.measures import ACCURACY
from spatial_mae.figures.drawing.notes import notes, ranges, remarks
from spatial_mae.figures.drawing.scores import EVALUATION, counted, labelled, with_errors
from spatial_mae.figures.drawing.style import legend, styled, title
from spatial_mae.tables.needs import keep, runs, several
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, levels, pick, widest
from spatial_mae.tables.runs import PROBES, SETTING

KIND = "evaluation"
IN_PAPER = "Bisulco Fig. 10"
LONG = 20  # a range of epochs so many times the first one is drawn on a logarithmic axis


def select(rows: list[Row]) -> list[Row]:
    """Probes of every kept epoch and encoder depth, and of pixels."""
    rows = widest(runs(rows, KIND, EVALUATION), "enc", "patch", "unit", "mask", "dec")
    probes = keep(rows, protocol="linear_probe", metric="accuracy", representation=list(PROBES))
    several(probes, "epoch")
    probes = [counted(row) | {"measure": row["representation"], "control": None} for row in probes]
    pixels = pick(rows, protocol="linear_probe", representation=["raw_pixels", "pca"])
    pixels = [row | {"control": row["representation"]} for row in pixels]
    keys = (*SETTING, "measure", "control", "epoch")
    own = labelled(probes)
    shown = with_errors(over_seeds(probes, (*keys, *own)))
    return shown + over_seeds(pixels, ("control", *own))


@styled
def draw(rows: list[Row]) -> Figure:
    probes, pixels = pick(rows, control=None), [row for row in rows if row["control"]]
    note = notes(probes, *remarks(rows), *ranges(probes))
    figure, cells = measure_panels(probes, PROBES, note=note, height=2.0, sharey=True)
    styles = looks(levels(probes, "enc"))
    for measure, axis, shown in cells:
        if _span_decades(probes):
            epochs_from_zero(axis, probes)
        curves(axis, shown, "epoch", "enc", styles)
        control_levels(axis, of_panel(pixels, measure, shown))
        setting_axis(axis, probes, "epoch")
        percent(axis, ACCURACY, shown)
        title(axis, score_title(measure, shown))
    legend(figure, entries(styles, "encoder depth {}") | control_looks(pixels))
    return figure


def _span_decades(rows: list[Row]) -> bool:
    epochs = [epoch for epoch in levels(rows, "epoch") if epoch > 0]
    return epochs[-1] > LONG * epochs[0]
