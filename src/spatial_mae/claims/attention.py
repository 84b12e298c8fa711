"""Judge of what tokens attend to (Kong et al. 2023, Sec. 3.2)."""

from math import nan

from spatial_mae.claims.engine import PERCENT, Contrast
from spatial_mae.claims.gates import beyond_untrained, gained, number, with_untrained
from spatial_mae.claims.judged import fitting, judged, left_out, sentences
from spatial_mae.claims.noise import own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second
from spatial_mae.claims.shapes import Rise
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Tables
from spatial_mae.tables.runs import completed, once

TWENTIETH = (
    "a twentieth: nearly three quarters of a patch on the paper's 28 x 28, which its pictures show"
)
REACH = Contrast(
    Rise(),
    ("mask",),
    "the distance of attention, as a share of even attention's, rises along m by",
    least=0.05,
    why=TWENTIETH,
    unit=PERCENT,
    error=own_error,
)
PROXY = (
    "Judged by the mean distance between a patch and what it attends to in the last block; whether "
    "that is an object is not measured."
)


@judge("kong.attention.reach", kinds=("attention",), figure="attention_reach", contrast=REACH)
def attention_reaches_farther(tables: Tables) -> Verdict:
    """In the last block the mean distance of attention rises with the mask ratio, step by step.

    Where training moved it: untrained networks of one seed are the same at every mask ratio.
    """
    wanted = {"query": "patches", "metric": "distance", "head": None}
    rows = [
        row
        for row in completed(tables["attention"])
        if all(row[key] == value for key, value in wanted.items()) and row["block"] == row["enc"]
    ]
    rows = with_untrained([_of_even_attention(row) for row in once(rows)])
    kept, gate = gained(
        fitting(rows, REACH), _moved, REACH.free, reached="training moved attention"
    )
    return judged(
        kept,
        REACH,
        "The attention tables need two mask ratios in one setting of completed runs.",
        scale=mark_second,
        short=in_short,
        gate=gate,
        note=sentences(PROXY, left_out(tables["attention"])),
    )


def _of_even_attention(row: Row) -> Row:
    """Distance and its error as shares of the distance where all patches weigh alike."""
    even = row["uniform"] or nan  # of a single patch it is 0
    error = own_error(row) / even
    return {**row, "value": number(row["value"]) / even, "standard_error": error}


def _moved(row: Row) -> float | None:
    """How much more training changed the distance than is seen."""
    gain = beyond_untrained(row)
    return None if gain is None else abs(gain) - REACH.least
