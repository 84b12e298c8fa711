"""Judges of how far classes are apart in the features (Kong et al. 2023, Sec. 3.3)."""

from dataclasses import replace

from spatial_mae.claims.engine import PLAIN, Combined, Contrast, Evidence
from spatial_mae.claims.gates import beyond_untrained, gained, with_untrained
from spatial_mae.claims.judged import fitting, judged, left_out, sentences
from spatial_mae.claims.noise import own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second
from spatial_mae.claims.shapes import Rise
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import completed, once, over_units

# The paper's separation rises up to this mask ratio.
TURN = 0.75
PROXY = "By silhouette and k-NN accuracy; the paper judges by eye."
RATIOS = Contrast(
    Rise(),
    ("mask",),
    f"rise of the classes' separation along m up to {TURN}",
    least=0.02,
    why="a silhouette of 0.02 or two points of k-NN accuracy: less is not seen in a plane",
    unit=PLAIN,
    error=own_error,
)
UNITS = replace(
    RATIOS,
    free=("unit_pixels",),
    says="rise with the mask unit of the classes' separation or of its gain by training, the less,",
)


@judge("kong.tsne.ratios", kinds=("embedding",), figure="separability", contrast=RATIOS)
def separation_rises_with_the_ratio(tables: Tables) -> Verdict:
    """Silhouette and k-NN accuracy rise with the mask ratio up to 0.75, with no step down."""
    rows = [row for row in _rows(tables) if row["mask"] <= TURN]
    return _verdict(
        tables, rows, RATIOS, f"two mask ratios up to {TURN} in one setting of completed runs"
    )


@judge("kong.tsne.units", kinds=("embedding",), figure="separability", contrast=UNITS)
def separation_rises_with_the_unit(tables: Tables) -> Verdict:
    """They rise with the mask unit, and so does what they gain on the untrained network.

    Units of several patches of one size, and single patches of several sizes, are settings apart.
    Of several patch sizes untrained networks differ too: their difference is no effect of masks.
    """
    rows = over_units(_rows(tables))
    return _verdict(tables, rows, UNITS, "two mask units in one setting of completed runs")


def _rows(tables: Tables) -> list[Row]:
    """After the last epoch, the space as `measure`."""
    rows = once(completed(tables["embedding"]))
    return with_untrained([row | {"measure": row["space"], "space": None} for row in rows])


def _verdict(tables: Tables, rows: Rows, contrast: Contrast, needs: str) -> Verdict:
    kept, gate = gained(
        fitting(rows, contrast),
        beyond_untrained,
        contrast.free,
        reached="networks separate classes better than untrained ones",
    )
    return judged(
        kept,
        _both(kept) if contrast is UNITS else contrast,
        f"The tables of embeddings need {needs}.",
        scale=mark_second,
        short=in_short,
        gate=gate,
        note=sentences(PROXY, left_out(tables["embedding"])),
    )


def _both(rows: Rows) -> Combined:
    gains = [{**row, "value": beyond_untrained(row)} for row in rows]
    return Combined([Evidence(rows, UNITS), Evidence(gains, UNITS)])
