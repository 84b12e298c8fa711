"""Judge of detection and segmentation with pretrained encoders (Kong et al. 2023, Sec. 3.5)."""

from spatial_mae.claims.engine import POINTS, Contrast
from spatial_mae.claims.gates import gained, number
from spatial_mae.claims.judged import fitting, judged, left_out, sentences
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second
from spatial_mae.claims.shapes import Cells, Lead
from spatial_mae.claims.verdict import Verdict
from spatial_mae.papers.printed import printed_series
from spatial_mae.tables.rows import Row, Rows, Tables, pick
from spatial_mae.tables.runs import completed, once
from spatial_mae.tables.settings import setting

BEST = 0.75
MEASURES = ("box_ap", "mask_ap")
PRINTED = f"The paper: box AP {printed_series(3, 'APbox')}."
# One point of AP: a detector below it finds nothing.
NOTHING = 0.01


def _best(cells: Cells) -> list[bool]:
    """Mask ratio 0.75, where a smaller and a larger one were tried."""
    ratios = [mask for (mask,) in cells]
    return [mask == BEST and min(ratios) < BEST < max(ratios) for mask in ratios]


SWEET = Contrast(
    Lead(_best),
    ("mask",),
    f"AP at m = {BEST} exceeds the best of the others by",
    least=0.005,
    why="half a point of AP: runs of one detector on COCO differ by up to as much",
    unit=POINTS,
)


@judge("kong.detection.best", kinds=("detection",), figure="detection", contrast=SWEET)
def the_sweet_ratio_detects_best(tables: Tables) -> Verdict:
    """Detectors on encoders of mask ratio 0.75 have the largest AP, of boxes and of masks.

    Of settings in which pretraining helps: the best AP is above a point, and above that of the same
    detector from random weights where the tables have it.
    """
    rows = _scores(tables["detection"])
    start = {_run(row): number(row["value"]) for row in pick(rows, initialisation="random")}
    kept, gate = gained(
        fitting(pick(rows, initialisation="pretrained"), SWEET),
        lambda row: number(row["value"]) - max(NOTHING, start.get(_run(row), NOTHING)),
        SWEET.free,
        reached="pretrained detectors find objects, more than those from random weights,",
    )
    return judged(
        kept,
        SWEET,
        f"The detection tables need mask ratio {BEST}, a smaller and a larger one in one setting "
        "of completed runs on pretrained encoders.",
        scale=mark_second,
        short=in_short,
        gate=gate,
        note=sentences(PRINTED, left_out(tables["detection"])),
    )


def _scores(rows: Rows) -> list[Row]:
    """AP of boxes and masks; the whole detector is fine-tuned."""
    scores = [row for row in once(completed(rows)) if row["metric"] in MEASURES]
    return [{**row, "blocks": "all"} for row in scores]


def _run(row: Row) -> tuple:
    return (setting(row, ("initialisation",)), row.get("seed"))
