"""Detection and instance segmentation, next to the printed Tables 3 and 5

Left: average precision in percent that Kong et al. (2023) print, of Mask R-CNN on networks at width
768 after 800 epochs of ImageNet-1k, fine-tuned on COCO for 45 epochs. First block: Table 3 over
mask ratios, mask unit of 16 of 224 pixels; second: Table 5, where the patch is the mask unit.
Right: the same of this study's networks and images, at the scale named below; ± is half the range
of the seeds. Lines are matched by mask ratio; where the mask unit varies, by unit if pretraining
images are of equal size, else in order of size if there are as many. Trends can be compared,
numbers cannot, unless the scales agree. –: not printed, or not run.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.printed import beside_printed, draw_beside
from spatial_mae.figures.drawing.style import styled
from spatial_mae.papers.printed import printed_rows
from spatial_mae.tables.needs import keep, runs
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row
from spatial_mae.tables.runs import PRETRAINING, SETTING, with_unit

KIND = "detection"
IN_PAPER = "Kong Tables 3, 5"
COLUMNS = (*PRETRAINING, "status", "initialisation", "metric")
COLUMNS += ("value", "height", "epochs", "pretrain_epochs")
PAPER = {"box_ap": "APbox", "mask_ap": "APmask"}
NAMES = {"APbox": "box AP", "APmask": "mask AP"}


def select(rows: list[Row]) -> list[Row]:
    """Printed and own average precision in percent, of pretrained networks."""
    rows = runs(rows, KIND, COLUMNS, "tuning_epochs")
    rows = keep(rows, metric=list(PAPER), initialisation="pretrained")
    rows = [r | {"value": 100 * r["value"], "column": PAPER[r["metric"]]} for r in rows]
    rows = over_seeds(rows, (*SETTING, "height", "column"))
    return beside_printed(with_unit(rows), [*printed_rows(3), *printed_rows(5)])


@styled
def draw(rows: list[Row]) -> Figure:
    return draw_beside(rows, "Kong et al., Tables 3 and 5", "precision (%)", NAMES)
