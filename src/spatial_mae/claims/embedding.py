"""Judges of how far classes are apart in the features (Kong et al. 2023, Sec. 3.3)."""

from spatial_mae.claims.conditions import exceeds, rises
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark_second
from spatial_mae.claims.seeds import across_seeds, across_units, judged, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import end_means, means_error
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import completed, last, once, with_unit

# The paper's separation rises up to this mask ratio.
TURN = 0.75
PROXY = "By silhouette and k-NN accuracy; the paper judges by eye."


@judge("kong.tsne.ratios", kinds=("embedding",), figure="separability")
def separation_rises_with_the_ratio(tables: Tables) -> Verdict:
    """Silhouette and k-NN accuracy rise with the mask ratio up to 0.75, with no step down."""
    rows = [row for row in _rows(tables) if row["mask"] <= TURN]
    return judged(
        across_seeds(rows, rises("mask"), ("mask",), means_error),
        rows,
        needs=f"the tables of embeddings need two mask ratios up to {TURN} in one setting of "
        "completed runs",
        size="rise_of_separation_along_m",
        note=sentences(PROXY, left_out(tables["embedding"])),
        scale=mark_second,
    )


@judge("kong.tsne.units", kinds=("embedding",), figure="separability")
def separation_rises_with_the_unit(tables: Tables) -> Verdict:
    """They are higher with the largest mask unit than with the smallest.

    Units of several patches of one size, and single patches of several sizes, are settings apart.
    """
    rows = _rows(tables)
    return judged(
        across_units(rows, _ends, means_error),
        rows,
        needs="the tables of embeddings need two mask units in one setting of completed runs",
        size="rise_of_separation_with_the_unit",
        note=sentences(PROXY, left_out(tables["embedding"])),
        scale=mark_second,
    )


def _rows(tables: Tables) -> list[Row]:
    """After the last epoch, the space as `measure`."""
    rows = [row | {"measure": row["space"]} for row in completed(tables["embedding"])]
    return last(once(rows))


def _ends(rows: Rows) -> tuple[bool, float] | None:
    if (found := end_means(with_unit(rows), "unit_pixels")) is None:
        return None
    first, final = found
    return exceeds(final, first)
