"""Average precision of detectors on the encoder, over mask ratio and mask unit

Measures what Tables 3 and 5 of Kong et al. (2023) list, at the scale named below: theirs is 800
epochs of ImageNet-1k at width 768, then 45 epochs of COCO. Mask R-CNN is fine-tuned end to end on
the pretrained encoder; COCO's average precision of boxes and of masks, the mean over overlaps from
0.5 to 0.95. Where the table holds detectors whose encoder started at random, they are drawn next to
the pretrained ones. First row: against the mask ratio of pretraining. Second row: against the side
of the mask unit; a row without two values is left out, and the second where both have two only. Of
the table's depths, and of runs of one patch size or of mask units of one patch, the choice with the
most runs is drawn. Lines are means over seeds, bands their range.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.masking import draw_over_masking, over_masking
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.needs import require
from spatial_mae.tables.repeats import FRAME, average
from spatial_mae.tables.rows import Row, distinct, pick
from spatial_mae.tables.runs import PRETRAINING, SETTING, first_completed, in_percent

KIND = "detection"
IN_PAPER = "Kong Sec. 3.5"
COLUMNS = (*PRETRAINING, "status", "metric", "value")
COLUMNS += ("initialisation", "epochs", "pretrain_epochs")
MEASURES = {"box_ap": "box AP (%)", "mask_ap": "mask AP (%)"}
BOTH = ("metric", "initialisation")


def select(rows: list[Row]) -> list[Row]:
    """Box and mask AP in percent, of each way the encoder started."""
    require(rows, KIND, COLUMNS)
    rows = [
        row | {"epochs": row["pretrain_epochs"], "tuning_epochs": row["epochs"]} for row in rows
    ]
    rows = [row for row in rows if row["metric"] in MEASURES and row["value"] is not None]
    rows = first_completed(rows, "pretrain_epochs")
    found = average(rows, (*FRAME, *SETTING, "seed", *BOTH), ["value"])
    return over_masking(list(map(in_percent, found)), *BOTH)


@styled
def draw(rows: list[Row]) -> Figure:
    measures = {
        f"{start} encoder\n{label}": pick(rows, metric=metric, initialisation=start)
        for start in distinct(rows, "initialisation")
        for metric, label in MEASURES.items()
    }
    return draw_over_masking(rows, measures)
