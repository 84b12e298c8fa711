"""Judge of what tokens attend to (Kong et al. 2023, Sec. 3.2)."""

from spatial_mae.claims.conditions import rises
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark_second
from spatial_mae.claims.seeds import across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import means_error
from spatial_mae.tables.rows import Tables
from spatial_mae.tables.runs import completed, last, once

PROXY = (
    "Judged by the mean distance between a patch and what it attends to in the last block; whether "
    "that is an object is not measured."
)


@judge("kong.attention.reach", kinds=("attention",), figure="attention_reach")
def attention_reaches_farther(tables: Tables) -> Verdict:
    """In the last block the mean distance of attention rises with the mask ratio."""
    wanted = {"query": "patches", "metric": "distance", "head": None}
    rows = [
        row
        for row in completed(tables["attention"])
        if all(row[key] == value for key, value in wanted.items()) and row["block"] == row["enc"]
    ]
    rows = last(once(rows))
    return judged(
        across_seeds(rows, rises("mask"), ("mask",), means_error),
        rows,
        needs="the attention tables need two mask ratios in one setting of completed runs",
        size="rise_of_distance_along_m",
        note=sentences(PROXY, left_out(tables["attention"])),
        scale=mark_second,
    )
