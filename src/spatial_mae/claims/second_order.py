"""Judge of what a trained network does beyond second-order correlations (Sec. 3)."""

from dataclasses import replace

from spatial_mae.claims.engine import PERCENT, Combined, Contrast, Evidence
from spatial_mae.claims.jacobian_rows import counted, median_of, number
from spatial_mae.claims.judged import judged, left_out, sentences
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark
from spatial_mae.claims.shapes import Above, Mean, named
from spatial_mae.claims.verdict import FAILS, NOT_RUN, TOO_SMALL, Verdict
from spatial_mae.tables.rows import Row, Rows, Tables, pick
from spatial_mae.tables.runs import predicting
from spatial_mae.tables.settings import setting

# With half as many inputs as images a least-squares fit doubles the error of the best affine map.
IMAGES_PER_INPUT = 2
# The errors and the affine fit are of the same network, but not of the same images.
OF_A_FIT = ("measure", "n_train", "split")
ERRORS, FIT = ("network_error", "linear_error"), "explained_one_mask"

BETTER = Contrast(
    Above(named("linear_error"), named("network_error")),
    ("measure",),
    "relative error that the network saves over the linear MAE",
    least=0.02,
    why="a tenth of a decibel of PSNR, the least that papers on restoring images count",
    unit=PERCENT,
    relative=True,
    unpaired=True,
)
BEYOND = Contrast(
    Mean(margin=-0.1),
    ("measure",),
    "variance of the network's outputs that no affine map gives under one mask",
    least=0.0,
    why="at least a tenth: less is a network that is nearly linear",
    unit=PERCENT,
)


@judge("nonlinear.beyond2", kinds=("second_order",), figure="second_order", contrast=BEYOND)
def network_exceeds_second_order(tables: Tables) -> Verdict:
    """The network has a lower error than the linear MAE, and is itself no affine map of its input.

    Of one mask, the best affine map is all that second-order statistics can give under it: what it
    leaves of the network's outputs is of higher order. That of one map for all masks, as the linear
    MAE is, is in the evidence: it misses a dependence on the mask too, and so does part of the
    linear MAE's error. Fits to few images leave too much: then the statement can only fail.
    """
    rows = predicting(counted(tables["second_order"]))
    fitted = {setting(row, OF_A_FIT) for row in pick(rows, measure=FIT) if _enough(row)}
    kept = [row for row in rows if setting(row, OF_A_FIT) in fitted] or rows
    all_of_them = {setting(row, OF_A_FIT) for row in rows}
    gate = (
        f"{len(fitted)} of {len(all_of_them)} settings have {IMAGES_PER_INPUT} images an input of "
        "the affine fit; with fewer it explains too little"
    )
    found = judged(
        kept,
        Combined([_evidence(kept, BEYOND, FIT), _evidence(kept, BETTER, *ERRORS)]),
        needs="The tables of second order need the errors of network and linear MAE and the share "
        "an affine map explains under one mask, of completed runs without normalised targets: with "
        "these a network is told each patch's mean and deviation.",
        scale=mark,
        short=in_short,
        evidence={
            **median_of("error_network", pick(kept, measure="network_error")),
            **median_of("error_linear", pick(kept, measure="linear_error")),
            **median_of("explained_all_masks", pick(kept, measure="explained_all_masks")),
        },
        gate=gate if len(fitted) < len(all_of_them) else "",
        note=sentences(
            f"The error must be lower by {PERCENT(BETTER.least)} ({BETTER.why}); the linear MAE is "
            "one map for all masks: part of the gap to it may be that alone.",
            left_out(tables["second_order"]),
        ),
    )
    if fitted or found.verdict in (FAILS, NOT_RUN):
        return found
    return replace(found, verdict=TOO_SMALL, sentence=f"Too small: {gate}.")


def _enough(row: Row) -> bool:
    return (row.get("n_train") or 0) >= IMAGES_PER_INPUT * (row.get("n_inputs") or 0)


def _evidence(rows: Rows, contrast: Contrast, *measures: str) -> Evidence:
    plain = {"split": None, "n_train": None}
    chosen = [{**row, **plain} for row in pick(rows, measure=measures)]
    if contrast is BEYOND:
        chosen = [{**row, "value": 1 - number(row["value"])} for row in chosen]
    return Evidence(chosen, contrast)
