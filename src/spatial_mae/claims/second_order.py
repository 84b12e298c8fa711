"""Judge of what a trained network does beyond second-order correlations (Sec. 3)."""

from spatial_mae.claims.conditions import exceeds
from spatial_mae.claims.jacobian_rows import counted, median_of
from spatial_mae.claims.registry import judge
from spatial_mae.claims.seeds import across_seeds, judged, left_out, limited, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import means
from spatial_mae.tables.rows import Rows, Tables, pick

# Higher order: at least a tenth of what varies in the reconstructions is no affine map's.
BEYOND = 0.1
# With half as many inputs as images a least-squares fit doubles the error of the best affine map.
IMAGES_PER_INPUT = 2


@judge("nonlinear.beyond2", kinds=("second_order",), figure="second_order")
def network_exceeds_second_order(tables: Tables) -> Verdict:
    """The network has a lower error than the linear MAE, and is itself no affine map of its input.

    Of one mask, the best affine map is all that second-order statistics can give under it: what it
    leaves of the network's outputs is of higher order. That of one map for all masks, as the linear
    MAE is, is in the evidence: it misses a dependence on the mask too, and so does part of the
    linear MAE's error.
    """
    rows = counted(tables["second_order"], "value")
    few = _few_images(rows)
    found = judged(
        across_seeds(rows, _higher_order, ("measure", "n_train", "split")),
        rows,
        needs="the tables of second order need the errors of network and linear MAE and the share "
        "an affine map explains under one mask, of completed runs",
        size="smaller_margin_of_error_and_unexplained_share",
        evidence={
            **median_of("error_network", pick(rows, measure="network_error")),
            **median_of("error_linear", pick(rows, measure="linear_error")),
            **median_of("explained_one_mask", pick(rows, measure="explained_one_mask")),
            **median_of("explained_all_masks", pick(rows, measure="explained_all_masks")),
        },
        note=sentences(
            f"Beyond second order: an affine map leaves at least {BEYOND:.0%} of the variance of "
            "the network's outputs under one mask.",
            "The linear MAE is one map for all masks: part of the gap to it may be that alone.",
            few,
            left_out(tables["second_order"]),
        ),
    )
    return limited(found, few)


def _higher_order(rows: Rows) -> tuple[bool, float] | None:
    level = means(rows, "measure")
    if not {"network_error", "linear_error", "explained_one_mask"} <= set(level):
        return None
    better, gain = exceeds(level["linear_error"], level["network_error"])
    margin = 1 - level["explained_one_mask"] - BEYOND
    return better and margin >= 0, min(gain, margin)


def _few_images(rows: Rows) -> str:
    """A warning if the affine map may be poor because of few images, not because of the network."""
    fits = pick(rows, measure="explained_one_mask")
    few = [r for r in fits if (r.get("n_train") or 0) < IMAGES_PER_INPUT * (r.get("n_inputs") or 0)]
    if not few:
        return ""
    return (
        f"Fewer than {IMAGES_PER_INPUT} images an input in {len(few)} of {len(fits)} affine fits: "
        "what they explain is a lower bound."
    )
