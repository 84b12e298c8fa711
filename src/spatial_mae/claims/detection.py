"""Judge of detection and segmentation with pretrained encoders (Kong et al. 2023, Sec. 3.5)."""

from spatial_mae.claims.conditions import exceeds
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark_second
from spatial_mae.claims.seeds import across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.papers.printed import printed_series
from spatial_mae.tables.repeats import means
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import completed

BEST = 0.75
MEASURES = ("box_ap", "mask_ap")
PRINTED = f"The paper: box AP {printed_series(3, 'APbox')}."


@judge("kong.detection.best", kinds=("detection",), figure="detection")
def the_sweet_ratio_detects_best(tables: Tables) -> Verdict:
    """Detectors on encoders of mask ratio 0.75 have the largest AP, of boxes and of masks."""
    rows = _scores(tables["detection"])
    return judged(
        across_seeds(rows, _best, ("mask",)),
        rows,
        needs=f"the detection tables need mask ratio {BEST}, a smaller and a larger one in one "
        "setting of completed runs on pretrained encoders",
        size="gain_over_the_next",
        note=sentences(PRINTED, left_out(tables["detection"])),
        scale=mark_second,
    )


def _scores(rows: Rows) -> list[Row]:
    """AP of boxes and masks, as `measure`, of pretrained encoders."""
    return [
        {**row, "measure": row["metric"]}
        for row in completed(rows)
        if row["metric"] in MEASURES
        and row["value"] is not None
        and row["initialisation"] == "pretrained"
    ]


def _best(rows: Rows) -> tuple[bool, float] | None:
    """Mask ratio 0.75 against the best of the others."""
    ratios = means(rows, "mask")
    if BEST not in ratios or not min(ratios) < BEST < max(ratios):
        return None
    return exceeds(ratios[BEST], max(value for m, value in ratios.items() if m != BEST))
