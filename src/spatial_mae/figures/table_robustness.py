"""Linear probe and shifted images, next to the printed Tables 1 and 4

Left: accuracies in percent that Kong et al. (2023) print, of networks at width 768 after 800 epochs
of ImageNet-1k, units in pixels of 224. First block: Table 1 over mask ratios; second: Table 1 over
mask units, patches of 8 pixels; third: Table 4, where the patch is the mask unit. The second block
contradicts the paper's text, which says that accuracy falls at 32 pixels; the third agrees with it.
Right: the same of this study's networks, on its own data set and shifted sets, at the scale named
below, units in pixels of its images; ± is half the range of the seeds. Lines are matched by mask
ratio; where the mask unit varies, by unit if images are of equal size, else in order of size if
there are as many. Trends can be compared, numbers cannot, unless the scales agree. Corruptions and
severities of a set are averaged. –: not printed, or not run.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.measures import SHIFTED
from spatial_mae.figures.drawing.printed import beside_printed, draw_beside
from spatial_mae.figures.drawing.style import styled
from spatial_mae.papers.printed import printed_rows
from spatial_mae.tables.needs import runs
from spatial_mae.tables.repeats import FRAME, average, over_seeds
from spatial_mae.tables.rows import Row, pick
from spatial_mae.tables.runs import PRETRAINING, SETTING, with_unit

KIND = "robustness"
IN_PAPER = "Kong Tables 1, 4"
COLUMNS = (*PRETRAINING, "status", "shifted", "metric", "value", "height")
# What a shifted set is called in the paper's tables.
PAPER = {"own": "IN1K", "imagenet_v2": "INv2", "objectnet": "OJN", "imagenet_r": "INR"}
PAPER |= {"imagenet_a": "INA", "imagenet_sketch": "INS"}
NAMES = {name: text.replace(" ", "\n") for name, text in SHIFTED.items()}
OWN = {"IN1K": "own"}


def select(rows: list[Row]) -> list[Row]:
    """Printed and own accuracies in percent, means over corruptions and severities."""
    rows = pick(runs(rows, KIND, COLUMNS), metric="accuracy")
    rows = average(rows, (*FRAME, *SETTING, "height", "seed", "shifted"), ["value"])
    rows = [row | {"value": 100 * row["value"], "column": _column(row)} for row in rows]
    rows = over_seeds(rows, (*SETTING, "height", "column"))
    return beside_printed(with_unit(rows), [*printed_rows(1), *printed_rows(4)])


def _column(row: Row) -> str:
    return PAPER.get(row["shifted"], row["shifted"])


@styled
def draw(rows: list[Row]) -> Figure:
    return draw_beside(rows, "Kong et al., Tables 1 and 4", "accuracy (%)", NAMES, OWN)
