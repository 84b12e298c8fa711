"""Reconstructions of whole images, by structure and by pixels

Answers Fig. 5 of Kong et al. (2023), at the scale named below: theirs is 800 epochs of ImageNet-1k
at width 768. Held-out images pass the encoder and the decoder with no patch hidden, and each
reconstruction, clipped to the range of pixels, is compared with its image. Structure: SSIM
(Gaussian windows of deviation 1.5 pixels) and FSIM (of the luminance), 1 for equal images. Pixels:
PSNR, and the mean squared error with its sign changed, as in the paper, so that higher is better
everywhere. First row: against the mask ratio of pretraining, one colour per mask unit. Second row:
against the side of the mask unit in pixels, one colour per mask ratio; a row without two values is
left out, and the second where both have two only. Of the table's depths, and of runs of one patch
size or of mask units of one patch, the choice with the most runs is drawn. Lines are means over
images and seeds, bands the range of the seeds.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.masking import draw_over_masking, over_masking
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.needs import runs
from spatial_mae.tables.rows import Row, pick
from spatial_mae.tables.runs import PRETRAINING, at_end

KIND = "unmasked"
IN_PAPER = "Kong Fig. 5"
METRICS = {"ssim": "SSIM", "fsim": "FSIM", "psnr": "PSNR (dB)", "negative_mse": "− MSE"}
COLUMNS = (*PRETRAINING, "status", "epoch", "epochs", "metric", "value")


def select(rows: list[Row]) -> list[Row]:
    """Every metric after the last epoch, at one choice of depths, of one patch size or unit."""
    last = [_turned(row) for row in runs(rows, KIND, COLUMNS) if at_end(row)]
    return over_masking(last, "metric")


def _turned(row: Row) -> Row:
    """The error with its sign turned."""
    if row["metric"] != "mse":
        return row
    return row | {"metric": "negative_mse", "value": -row["value"]}


@styled
def draw(rows: list[Row]) -> Figure:
    shown = {label: pick(rows, metric=name) for name, label in METRICS.items()}
    return draw_over_masking(rows, {label: own for label, own in shown.items() if own})
