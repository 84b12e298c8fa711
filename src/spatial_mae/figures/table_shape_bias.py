"""Shape bias on cue-conflict images, next to the printed Table 2

Left: what Kong et al. (2023) print, of networks at width 768 after 800 epochs of ImageNet-1k, mask
unit of 16 of 224 pixels, classes in sixteen groups, as in Geirhos et al. (2019), whose analysis
the paper follows. Right: the same of this study's networks at the scale named below, among the
classes that its data set shares with the images, shrunk to its size; ± is half the range of the
seeds. Shape bias: share of decisions for the shape's class among those for the shape's or the
texture's. Lines are matched by mask ratio. Trends can be compared, numbers cannot, unless the
scales agree. –: not printed, or not run.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.printed import beside_printed, draw_beside
from spatial_mae.figures.drawing.style import styled
from spatial_mae.papers.printed import printed_rows
from spatial_mae.tables.needs import keep, runs
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row
from spatial_mae.tables.runs import PRETRAINING, SETTING, with_unit

KIND = "robustness"
IN_PAPER = "Kong Table 2"
COLUMNS = (*PRETRAINING, "status", "metric", "value", "height")


def select(rows: list[Row]) -> list[Row]:
    """Printed and own shape bias."""
    rows = keep(runs(rows, KIND, COLUMNS), metric="shape_bias")
    rows = [row | {"column": "shape bias"} for row in rows]
    rows = over_seeds(rows, (*SETTING, "height", "column"))
    return beside_printed(with_unit(rows), printed_rows(2))


@styled
def draw(rows: list[Row]) -> Figure:
    return draw_beside(rows, "Kong et al., Table 2", "shape bias", {}, digits=3)
