"""Reconstructions of whole images, by structure and by pixels

Answers Fig. 5 of Kong et al. (2023), at the scale named below: theirs is 800 epochs of ImageNet-1k
at width 768. Held-out images pass the encoder and the decoder with no patch hidden, and each
reconstruction, cut to the range of pixels, is compared with its image. Structure: SSIM (Gaussian
windows of deviation 1.5 pixels) and FSIM (of the luminance), 1 for equal images. Pixels: PSNR, and
the mean squared error with its sign turned, as in the paper, so that higher is better everywhere.
First row: against the mask ratio of pretraining, one colour a mask unit. Second row: against the
side of the mask unit in pixels, one colour a mask ratio; a row without two values is left out. Of
the table's depths, and of runs of one patch size or of mask units of one patch, the choice with the
most runs is drawn. Lines are means over images and seeds, bands the range of the seeds.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import curve, looks, setting_axis
from spatial_mae.figures.drawing.notes import notes
from spatial_mae.figures.drawing.runs import SETTING, at_end, completed, over_seeds, remarks
from spatial_mae.figures.drawing.style import legend, panels, styled, title
from spatial_mae.figures.drawing.table import Row, groups, levels, pick, project, require

KIND = "unmasked"
METRICS = {"ssim": "SSIM", "fsim": "FSIM", "psnr": "PSNR (dB)", "negative_mse": "− MSE"}
COLUMNS = ("dataset", "model", "training", *SETTING, "seed", "status", "epoch", "epochs")
# What lies along the axis; what has a colour, how it is called, and its colours.
VIEWS = {
    "mask": ("unit_pixels", "mask unit {} pixels", "viridis"),
    "unit_pixels": ("mask", "m = {}", "copper"),
}


def select(rows: list[Row]) -> list[Row]:
    """Every metric after the last epoch, at one choice of depths, of one patch size or unit."""
    require(rows, KIND, (*COLUMNS, "metric", "value"))
    last = [row for row in completed(rows, "pretrain_epochs") if at_end(row)]
    found = _most_runs([row | {"unit_pixels": row["patch"] * row["unit"]} for row in last])
    if not _axes(found):
        raise ValueError(
            "this figure compares mask ratios or mask units and its table holds one of each; list "
            "at least two in the experiment's grid"
        )
    return over_seeds(map(_turned, found), (*SETTING, "unit_pixels", "metric"))


def _most_runs(rows: list[Row]) -> list[Row]:
    """The largest of the groups within which a mask unit's size in pixels tells the network."""
    same_depth = groups(rows, "enc", "dec").values()
    choices = [g for group in same_depth for g in groups(group, "patch").values()]
    choices += [pick(group, unit=1) for group in same_depth]
    return max(choices, key=lambda group: len(project(group, SETTING)))


def _turned(row: Row) -> Row:
    """The error with its sign turned."""
    if row["metric"] != "mse":
        return row
    return row | {"metric": "negative_mse", "value": -row["value"]}


def _axes(rows: list[Row]) -> list[str]:
    return [x for x in VIEWS if len(levels(rows, x)) > 1]


@styled
def draw(rows: list[Row]) -> Figure:
    metrics = [name for name in METRICS if pick(rows, metric=name)]
    views = _axes(rows)
    figure, axes = panels(len(views), len(metrics), notes(rows, *remarks(rows)), height=1.6)
    entries = {}
    for down, x in enumerate(views):
        column, label, palette = VIEWS[x]
        styles = looks(levels(rows, column), palette)
        entries |= {label.format(value): look for value, look in styles.items()}
        for across, metric in enumerate(metrics):
            axis, shown = axes[down, across], pick(rows, metric=metric)
            for value, look in styles.items():
                curve(axis, pick(shown, **{column: value}), x, **look)
            setting_axis(axis, rows, x)
            axis.set_ylabel(METRICS[metric])
            title(axis, down * len(metrics) + across)
    legend(figure, entries)
    return figure
