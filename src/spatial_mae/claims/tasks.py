"""Judges of the downstream tasks: Gabor features (Fig. 7) and depth."""

from collections.abc import Callable
from functools import partial
from math import sqrt

from spatial_mae.claims.conditions import Outcome, decide, evaluate, exceeds
from spatial_mae.claims.registry import judge
from spatial_mae.claims.verdict import HOLDS, Verdict, not_run
from spatial_mae.claims.wording import counts, held
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Rows, Tables, by, groups, masked, pick
from spatial_mae.tables.settings import paired, solution

# A high mask ratio hides more patches than it shows.
HIGH_MASK_RATIO = 0.5
# Similar: errors differ by less than a tenth, or by a hundredth of the target's variance.
SIMILAR_ERROR, SIMILAR_VARIANCE = 0.1, 0.01
# Small: at most a sixteenth of the 1,024 pixels of a 32 x 32 image.
SMALL_LATENTS = 64
RESOLUTION = 32
# Models can be distinguished only where one of them explains at least a fiftieth of the target.
LEARNABLE = 0.02


@judge("gabor.claim", kinds=("gabor",), figure="gabor")
def high_mask_ratios_win(tables: Tables) -> Verdict:
    """At the largest scale, high mask ratios predict Gabor features better than low ones.

    Errors are averaged over orientations, and over the mask ratios of either side.
    """
    rows = masked(tables["gabor"])
    free = ("mask_ratio", "scale", "orientation")
    outcomes, small = (evaluate(rows, partial(_gain, choose=end), free) for end in (max, min))
    return decide(
        outcomes,
        rows,
        needs="the Gabor tables need two scales, and mask ratios on both sides of 0.5",
        size="gain_of_high_m_at_largest_scale",
        evidence={"settings_with_gain_at_smallest_scale": held(small)},
    )


def _gain(rows: Rows, choose: Callable) -> tuple[bool, float] | None:
    scales = by(rows, "scale")
    if len(scales) < 2:
        return None
    rows = scales[choose(scales)]
    low = [row for row in rows if row["mask_ratio"] < HIGH_MASK_RATIO]
    high = [row for row in rows if row["mask_ratio"] >= HIGH_MASK_RATIO]
    return exceeds(mean(low, "error"), mean(high, "error")) if low and high else None


@judge("gabor.small", kinds=("gabor",), figure="gabor")
def similar_at_small_scale(tables: Tables) -> Verdict:
    """At the smallest scale all models, the AE among them, predict about equally well."""
    rows = pick(tables["gabor"], model=("ae", "mae"))
    free = ("mask_ratio", "scale", "orientation", "sampling")
    return decide(
        evaluate(rows, _similar, free),
        rows,
        needs="the Gabor tables need two scales and at least two models in one setting",
        size="spread_over_mean_error",
    )


def _similar(rows: Rows) -> tuple[bool, float] | None:
    scales = by(rows, "scale")
    errors = _model_errors(scales[min(scales)]) if len(scales) > 1 else []
    if len(errors) < 2:
        return None
    spread, level = max(errors) - min(errors), sum(errors) / len(errors)
    share = spread / level if level > 0 else 0.0
    return share <= SIMILAR_ERROR or spread <= SIMILAR_VARIANCE, share


def _model_errors(rows: Rows) -> list[float]:
    """The mean error of each model, over orientations."""
    models = groups(rows, "model", "mask_ratio", "sampling").values()
    return [mean(group, "error") for group in models]


@judge("depth.32", kinds=("depth",), figure="depth")
def depth_resolution(tables: Tables) -> Verdict:
    """Depth is predicted at 32 x 32 pixels."""
    names = {row.get("dataset") for row in tables["depth"]}
    sizes = {name: size for name in names if (size := _side(name, tables)) is not None}
    sized = sorted(str(name) for name, side in sizes.items() if side == RESOLUTION)
    if not sized:
        known = (
            "; ".join(f"{name}: {side:g}" for name, side in sizes.items()) or "not in the tables"
        )
        return not_run(
            f"a setting of the paper's: no depth data known to be 32 x 32 (sides: {known}); "
            "set the data set's size and add an influence profile of it"
        )
    text = f"A setting of the paper's: depth on {', '.join(sized)} is predicted at 32 x 32 pixels."
    return Verdict(HOLDS, text, {"datasets": len(names), "datasets_in_setting": len(sized)})


def _side(dataset: object, tables: Tables) -> float | None:
    """Pixels of an image's side: the depth table's columns, else the pairs in a profile."""
    for row in tables["depth"]:
        if row.get("dataset") == dataset and row.get("height") is not None:
            return sqrt(row["height"] * row["width"])
    rows = [row for row in tables.get("profile", ()) if row.get("dataset") == dataset]
    if not rows:
        return None
    key = solution(rows[0])
    n_pairs = sum(row["n_pairs"] for row in rows if solution(row) == key)
    return (n_pairs**0.5 / (3 if rows[0].get("colour") == "rgb" else 1)) ** 0.5


@judge("depth.claim", kinds=("depth",), figure="depth")
def all_patches_beat_autoencoder(tables: Tables) -> Verdict:
    """With few latents, the MAE of every patch size predicts depth better than the AE."""
    rows = tables["depth"]
    pairs = paired(masked(rows), pick(rows, model="ae"), "error", ("mask_ratio", "sampling"))
    few = [row for row in pairs if row["n_latents"] <= SMALL_LATENTS]
    many = [row for row in pairs if row["n_latents"] > SMALL_LATENTS]
    return decide(
        _beaten(few),
        rows,
        needs=f"the depth tables hold no AE and MAE with at most {SMALL_LATENTS} latents that "
        f"explain {LEARNABLE:.0%} of the target: use data whose depth a linear map can predict",
        size="gain_of_worst_patch",
        evidence=counts("many_latents", _beaten(many)),
        note=f"Few latents: at most {SMALL_LATENTS}. Left out: settings in which no model explains "
        f"{LEARNABLE:.0%} of the target.",
    )


def _beaten(pairs: Rows) -> list[Outcome]:
    return evaluate(pairs, _worst_patch, free=("patch", "against"))


def _worst_patch(rows: Rows) -> tuple[bool, float] | None:
    if min(min(row["ours"], row["theirs"]) for row in rows) > 1 - LEARNABLE:
        return None
    gains = [exceeds(mean(r, "theirs"), mean(r, "ours")) for r in by(rows, "patch").values()]
    return min(gains, key=lambda gain: gain[1])
