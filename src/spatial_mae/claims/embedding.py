"""Judges of how far classes are apart in the features (Kong et al. 2023, Sec. 3.3)."""

from collections.abc import Callable
from dataclasses import replace

from spatial_mae.claims.engine import PLAIN, Combined, Contrast, Evidence
from spatial_mae.claims.gates import beyond_untrained, gained, with_untrained
from spatial_mae.claims.judged import fitting, judged, left_out, sentences
from spatial_mae.claims.noise import own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second
from spatial_mae.claims.shapes import Rise, Steady
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import completed, once, over_units

# The paper's separation rises up to this mask ratio.
TURN = 0.75
PROXY = "By silhouette and k-NN accuracy; the paper judges by eye."
SEEN = 0.02
RATIOS = Contrast(
    Rise(steps=False),
    ("mask",),
    f"the classes' separation rises from the lowest m to {TURN} by",
    least=SEEN,
    why="a silhouette of 0.02 or two points of k-NN accuracy: less is not seen in a plane",
    unit=PLAIN,
    error=own_error,
)
STEADY = replace(
    RATIOS,
    shape=Steady(SEEN),
    says=f"the separation's largest step down up to m = {TURN} is",
    least=0,
)
UNITS = replace(
    RATIOS,
    shape=Rise(),
    free=("unit_pixels",),
    says="the classes' separation rises with the mask unit by",
)
ADDED = replace(UNITS, says="what training adds to the separation rises with the mask unit by")


@judge("kong.tsne.ratios", kinds=("embedding",), figure="separability", contrast=RATIOS)
def separation_rises_with_the_ratio(tables: Tables) -> Verdict:
    """Silhouette and k-NN accuracy rise with the mask ratio up to 0.75, with no step down."""
    rows = [row for row in _rows(tables) if row["mask"] <= TURN]
    return _verdict(
        tables,
        rows,
        RATIOS,
        lambda kept: [Evidence(kept, RATIOS), Evidence(kept, STEADY)],
        f"two mask ratios up to {TURN} in one setting of completed runs",
    )


@judge("kong.tsne.units", kinds=("embedding",), figure="separability", contrast=UNITS)
def separation_rises_with_the_unit(tables: Tables) -> Verdict:
    """They rise with the mask unit, and so does what they gain on the untrained network.

    Units of several patches of one size, and single patches of several sizes, are settings apart.
    Of several patch sizes untrained networks differ too: their difference is no effect of masks.
    """
    return _verdict(
        tables,
        over_units(_rows(tables)),
        UNITS,
        lambda kept: [Evidence(kept, UNITS), Evidence(_gains(kept), ADDED)],
        "two mask units in one setting of completed runs",
    )


def _rows(tables: Tables) -> list[Row]:
    """After the last epoch, the space as `measure`."""
    rows = once(completed(tables["embedding"]))
    return with_untrained([row | {"measure": row["space"], "space": None} for row in rows])


def _verdict(
    tables: Tables,
    rows: Rows,
    contrast: Contrast,
    parts: Callable[[Rows], list[Evidence]],
    needs: str,
) -> Verdict:
    kept, gate = gained(
        fitting(rows, contrast),
        beyond_untrained,
        contrast.free,
        reached="networks separate classes better than untrained ones",
    )
    return judged(
        kept,
        Combined(parts(kept)),
        f"The tables of embeddings need {needs}.",
        scale=mark_second,
        short=in_short,
        gate=gate,
        note=sentences(PROXY, left_out(tables["embedding"])),
    )


def _gains(rows: Rows) -> list[Row]:
    return [{**row, "value": beyond_untrained(row)} for row in rows]
