"""How far classes are apart in the features, over mask ratio and mask unit

Numbers for Fig. 8 of Kong et al. (2023), at the scale named below: theirs is 800 epochs of
ImageNet-1k at width 768. Features of whole held-out images of a few classes, an image's mean patch
token or its class token after the final norm, on their principal components (50 as a rule), and in
the plane that t-SNE makes of these. Silhouette: mean of (b - a) / max(a, b), a the mean distance to
the own class, b to the nearest other one, at most 1. k-NN: share of images whose class most of
their nearest neighbours have, leaving the image itself out. First row: against the mask ratio of
pretraining. Second row: against the side of the mask unit; a row without two values is left out,
and the second where both have two only. Of the table's depths, and of runs of one patch size or of
mask units of one patch, the choice with the most runs is drawn. Lines are means over seeds, bands
their range; with one seed, bars of k-NN are two standard errors of the images, taken as
independent.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.masking import draw_over_masking, over_masking
from spatial_mae.figures.drawing.scores import with_errors
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.needs import runs
from spatial_mae.tables.rows import Row, pick
from spatial_mae.tables.runs import PRETRAINING, at_end, in_percent

KIND = "embedding"
IN_PAPER = "Kong Fig. 8"
COLUMNS = (*PRETRAINING, "status", "epoch", "epochs", "space", "metric", "value")
MEASURES = {
    ("pca", "silhouette"): "silhouette, PCA",
    ("tsne", "silhouette"): "silhouette, t-SNE",
    ("pca", "knn_accuracy"): "k-NN (%), PCA",
    ("tsne", "knn_accuracy"): "k-NN (%), t-SNE",
}


def select(rows: list[Row]) -> list[Row]:
    """Both scores in both spaces after the last epoch, k-NN in percent."""
    last = [_percent(row) for row in runs(rows, KIND, COLUMNS) if at_end(row)]
    found = over_masking(last, "space", "metric")
    accuracies = with_errors(pick(found, metric="knn_accuracy"), whole=100)
    return pick(found, metric="silhouette") + accuracies


def _percent(row: Row) -> Row:
    return in_percent(row) if row["metric"] == "knn_accuracy" else row


@styled
def draw(rows: list[Row]) -> Figure:
    shown = {name: pick(rows, space=key[0], metric=key[1]) for key, name in MEASURES.items()}
    return draw_over_masking(rows, shown)
