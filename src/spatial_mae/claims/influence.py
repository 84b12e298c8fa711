"""Judges of what Figs. 5 and 6 say about the influence of an input pixel on an output pixel.

The paper speaks of the absolute weight |W_ij|; whether W_ij^2 agrees is given as evidence. "Local"
and "diffuse" are read as the mean distance of the influence and as its entropy.
"""

from collections.abc import Callable
from functools import partial
from math import sqrt

from spatial_mae.claims.conditions import decide, evaluate, exceeds, rises
from spatial_mae.claims.registry import judge
from spatial_mae.claims.verdict import Verdict
from spatial_mae.claims.wording import counts
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, by, grouped, masked, pick
from spatial_mae.tables.settings import measured, paired, settings, solution

# Where another model, or the same with other masks, is compared in one setting.
MODEL_AXES = ("mask_ratio", "noise_deviation", "sampling")
# Pixels: influence that stays this near stays in its pixel, up to rounding.
IDENTITY = 1e-6
DIFFUSE = ("mean_distance", "entropy")


@judge("cifar.localized", kinds=("influence",), figure="influence_models")
def localized(tables: Tables) -> Verdict:
    """AE influence is nearer than DAE influence, at every noise level."""
    rows = tables["influence"]
    pairs = _rivals(rows, pick(rows, model="dae"), pick(rows, model="ae"))
    return decide(
        evaluate(pairs("mean_distance"), _farther),
        pick(rows, model=("ae", "dae")),
        note=_identity_note(pairs("mean_distance")),
        needs="the influence tables have no setting with both AE and DAE: add noise deviations",
        size="rise_of_distance_over_ae",
        evidence=_squares(pairs),
    )


@judge("cifar.MAE_distant", kinds=("influence",), figure="influence_models")
def distant(tables: Tables) -> Verdict:
    """MAE influence comes from farther than that of the AE and of every DAE."""
    rows = tables["influence"]
    pairs = _rivals(rows, masked(rows), pick(rows, model=("ae", "dae")))
    return decide(
        evaluate(pairs("mean_distance"), _farther),
        rows,
        note=_identity_note(pairs("mean_distance")),
        needs="the influence tables hold no setting with both an MAE and an AE: add mask ratios",
        size="rise_of_distance_over_rival",
        evidence=_squares(pairs),
    )


@judge("cifar.m_diffuse", kinds=("influence",), figure="influence_grid")
def diffuse_with_mask_ratio(tables: Tables) -> Verdict:
    """Mean distance and entropy of MAE influence rise with the mask ratio."""
    rows = masked(tables["influence"])
    return decide(
        evaluate(measured(rows, DIFFUSE), rises("mask_ratio"), free=("mask_ratio",)),
        rows,
        needs="the influence tables hold no two mask ratios in one setting: add mask ratios",
        size="rise_along_m",
        evidence=_squared_trend(rows, "mask_ratio"),
    )


@judge("cifar.p_diffuse", kinds=("influence",), figure="influence_grid")
def diffuse_with_patch_size(tables: Tables) -> Verdict:
    """MAE influence extends farther with the patch size.

    With profile tables also the share from beyond every patch: from pixels that no patch size of
    the study puts together with the output pixel.
    """
    rows = masked(tables["influence"])
    reach = measured(rows, DIFFUSE) + _shares_beyond(masked(tables.get("profile", ())))
    return decide(
        evaluate(reach, rises("patch"), free=("patch",)),
        rows,
        needs="the influence tables hold no two patch sizes in one setting: add patch sizes",
        size="rise_along_p",
        evidence=_squared_trend(rows, "patch"),
    )


@judge("cifar.intra", kinds=("influence",), figure="influence_grid")
def intra_patch(tables: Tables) -> Verdict:
    """The influence of pixels of the same patch falls with the mask ratio and with the patch size.

    Read as the patch's share and as the share per pixel of the patch. The latter has p^2 in its
    denominator, so that it falls with p unless the share grows as fast as the patch.
    """
    rows = masked(tables["influence"])
    shares = measured(rows, ("intra_patch_share",))
    per_pixel = [
        {**row, "measure": "share per pixel", "value": row["value"] / row["patch"] ** 2}
        for row in shares
        if row.get("patch") is not None
    ]
    falls = partial(rises, sign=-1)
    along_m = evaluate(_named(shares, "along m: share"), falls("mask_ratio"), ("mask_ratio",))
    along_p = [
        *evaluate(_named(shares, "along p: share"), falls("patch"), ("patch",)),
        *evaluate(_named(per_pixel, "along p: share per pixel"), falls("patch"), ("patch",)),
    ]
    complete = along_m and along_p
    return decide(
        [*along_m, *along_p] if complete else [],
        rows,
        needs="the influence tables need two mask ratios and two patch sizes in one setting",
        size="fall_of_share",
        evidence={**counts("along_m", along_m), **counts("along_p", along_p)},
    )


def _farther(rows: Rows) -> tuple[bool, float]:
    return exceeds(mean(rows, "ours"), mean(rows, "theirs"))


def _rivals(rows: Rows, ours: Rows, theirs: Rows) -> Callable[[str], list[Row]]:
    """The pairs of two groups of models in the same setting, for a column."""

    def pairs(column: str) -> list[Row]:
        found = paired(ours, theirs, column, MODEL_AXES)
        return [row for row in found if row["ours"] is not None and row["theirs"] is not None]

    return pairs


def _identity_note(pairs: Rows) -> str:
    """With k = d the AE is the identity: its influence is local whatever the data."""
    groups = settings([row for row in pairs if row["against"] == "AE"]).values()
    count = sum(group[0]["theirs"] < IDENTITY for group in groups)
    return f"The AE is the identity (k = d) in {count} of {len(groups)} comparisons with it."


def _squares(pairs: Callable[[str], list[Row]]) -> dict[str, float]:
    """In how many settings the statement holds when the weights are squared."""
    rows = pairs("mean_distance_square")
    return counts("squared_weights", evaluate(rows, _farther))


def _squared_trend(rows: Rows, axis: str) -> dict[str, float]:
    squared = measured(rows, (f"{name}_square" for name in DIFFUSE))
    return counts("squared_weights", evaluate(squared, rises(axis), free=(axis,)))


def _named(rows: Rows, name: str) -> list[Row]:
    return [{**row, "measure": name} for row in rows]


def _shares_beyond(profile: Rows) -> list[Row]:
    """Per solution, the share of influence from farther than the diagonal of the largest patch."""
    sizes = by(profile, "patch")
    if not sizes:
        return []
    diagonal = sqrt(2) * (max(sizes) - 1)
    bins = grouped(profile, solution)
    name = "share beyond every patch"
    return [
        {**group[0], "measure": name, "value": _share_beyond(group, diagonal)}
        for group in bins.values()
    ]


def _share_beyond(bins: Rows, distance: float) -> float:
    weights = [(row["distance"], row["mean_absolute"] * row["n_pairs"]) for row in bins]
    return sum(w for d, w in weights if d > distance) / sum(w for _, w in weights)
