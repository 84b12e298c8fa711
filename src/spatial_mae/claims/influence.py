"""Judges of what Figs. 5 and 6 say about the influence of an input pixel on an output pixel.

The paper speaks of the absolute weight |W_ij|. "Local" and "diffuse" are read as the mean distance
of the influence, as its entropy, and, of kernels, as the half width of the profile. All numbers are
limits for infinitely many images: those of few images are biased towards wide kernels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import hypot

from spatial_mae.claims.engine import PERCENT, Contrast, Evidence
from spatial_mae.claims.judged import judged
from spatial_mae.claims.registry import judge
from spatial_mae.claims.shapes import Mean, Rise
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Rows, Tables, by, masked, pick
from spatial_mae.tables.settings import SOLUTION, setting, settings

KIND = "influence_limit"
DIFFUSE, KERNEL = ("mean_distance", "entropy"), ("mean_distance", "half_width")
SHARE = ("intra_patch_share",)
# Half of an interval of 95%, over the standard error of a Gaussian.
STANDARD_ERRORS = 1.96
NOWHERE = 1e-9  # pixels: a mean distance of rounding alone
WHY = "2%: profiles nearer to each other are one in a figure"
NEEDS = "The limits of influence hold no {}: add them to the recipe of `influence_limit`."


def _interval_error(row: Row) -> float:
    """The standard error whose Gaussian interval is that of the limit, misfit included."""
    return (row["interval_high"] - row["interval_low"]) / (2 * STANDARD_ERRORS)


def _wider(says: str) -> Contrast:
    """A difference of two models in one setting, as a share of the larger one's number."""
    return Contrast(
        Mean(), (), says, least=0.02, why=WHY, unit=PERCENT, repeat=None, error=_interval_error
    )


LOCALISED = _wider("DAE kernels wider than the AE's by")


@judge("cifar.localized", kinds=(KIND,), figure="influence_limit", contrast=LOCALISED)
def localized(tables: Tables) -> Verdict:
    """AE kernels are narrower than DAE kernels, at every noise level and rank but the full one."""
    rows = pick(_differences(tables[KIND]), model="dae", against="AE")
    return _judged(rows, KERNEL, LOCALISED, "setting with both AE and DAE")


DISTANT = _wider("MAE influence farther than its rivals' by")


@judge("cifar.MAE_distant", kinds=(KIND,), figure="influence_limit", contrast=DISTANT)
def distant(tables: Tables) -> Verdict:
    """MAE influence comes from farther than that of every DAE, and of an AE of lower rank."""
    rows = [r for r in masked(_differences(tables[KIND])) if not r["against"].startswith("MAE")]
    return _judged(rows, ("mean_distance",), DISTANT, "setting with both an MAE and an AE")


DIFFUSE_WITH_M = _wider("influence more diffuse at the higher mask ratio by")


@judge("cifar.m_diffuse", kinds=(KIND,), figure="influence_limit", contrast=DIFFUSE_WITH_M)
def diffuse_with_mask_ratio(tables: Tables) -> Verdict:
    """Mean distance and entropy of MAE influence rise with the mask ratio, pair by pair."""
    return _judged(_over_ratios(tables), DIFFUSE, DIFFUSE_WITH_M, "two mask ratios")


DIFFUSE_WITH_P = replace(
    _wider("rise of the reach with the patch size"), shape=Rise(), free=("patch",), relative=True
)


@judge("cifar.p_diffuse", kinds=(KIND,), figure="influence_limit", contrast=DIFFUSE_WITH_P)
def diffuse_with_patch_size(tables: Tables) -> Verdict:
    """Mean distance and entropy of MAE influence rise with the patch size."""
    rows = masked(_alone(tables[KIND]))
    return _judged(rows, DIFFUSE, DIFFUSE_WITH_P, "two patch sizes in one setting")


INTRA = _wider("share within the patch that a higher mask ratio or a larger patch takes away:")


@judge("cifar.intra", kinds=(KIND,), figure="influence_limit", contrast=INTRA)
def intra_patch(tables: Tables) -> Verdict:
    """The share of influence of the same patch falls with the mask ratio and with the patch size.

    Pair by pair of mask ratios, and of neighbouring patch sizes. The share per pixel of the patch
    is not judged: it has p^2 in its denominator, and falls even where the share itself rises.
    """
    along_m = [_turned(row) for row in pick(_over_ratios(tables), measure=SHARE)]
    along_p = list(_over_patches(pick(masked(_alone(tables[KIND])), measure=SHARE)))
    return judged(
        [
            *({**row, "measure": "share over mask ratios"} for row in along_m),
            *({**row, "measure": "share over patch sizes"} for row in along_p),
        ],
        INTRA,
        NEEDS.format("two mask ratios and two patch sizes in one setting"),
    )


def _over_patches(rows: Rows) -> Iterator[Row]:
    """The number of the smaller of two neighbouring patch sizes less that of the larger one.

    As a share of the first; their errors, of the same images, are taken as independent.
    """
    for group in settings(rows, ("patch",)).values():
        sizes = [rows[0] for rows in by(group, "patch").values()]
        for first, second in pairwise(sizes):
            size = abs(first["value"]) or 1.0
            fall = (first["value"] - second["value"]) / size
            reach = hypot(*(row["interval_high"] - row["value"] for row in (first, second))) / size
            ends = {"interval_low": fall - reach, "interval_high": fall + reach}
            yield {**second, **ends, "value": fall}


VALUES = ("value", "interval_low", "interval_high")


def _judged(rows: Rows, measures: Sequence[str], contrast: Contrast, needs: str) -> Verdict:
    """Of |W|; whether W^2 agrees is in the evidence."""
    squares = pick(rows, measure=[f"{name}_square" for name in measures])
    squared = Evidence(squares, contrast)
    numbers = {}
    if squared.where:
        weight = squared.weigh(range(len(squared.where)))
        numbers = {"squared_weights_estimate": weight.estimate}
    return judged(
        pick(rows, measure=list(measures)), contrast, NEEDS.format(needs), evidence=numbers
    )


def _alone(rows: Rows) -> list[Row]:
    """The limits themselves."""
    return [row for row in rows if row.get("against") is None]


def _differences(rows: Rows) -> list[Row]:
    """The limits of differences, as shares of the magnitude of our model's own limit.

    With as many latents as pixels the AE is the identity, and whatever is compared with it is wider
    by construction: such differences are left out.
    """
    own = {_place(row): row["value"] for row in _alone(rows)}
    local = pick(_alone(rows), model="ae", measure="mean_distance")
    identities = {_latents(row) for row in local if abs(row["value"]) < NOWHERE}
    return [
        {**row, **{name: row[name] / abs(own[_place(row)]) for name in VALUES}}
        for row in rows
        if row.get("against") is not None
        and own.get(_place(row))
        and not (row["against"] == "AE" and _latents(row) in identities)
    ]


def _latents(row: Row) -> tuple:
    """The images and the number of latents, whatever the model."""
    return tuple(row.get(name) for name in (*SOLUTION, "n_latents"))


def _place(row: Row) -> tuple:
    return (row["model"], row.get("n_images"), setting(row, ("against",)))


def _over_ratios(tables: Tables) -> list[Row]:
    """Differences of two MAEs of one setting, the higher mask ratio less the lower."""
    rows = [r for r in masked(_differences(tables[KIND])) if r["against"].startswith("MAE")]
    return [
        row if row["mask_ratio"] > float(row["against"].removeprefix("MAE ")) else _swapped(row)
        for row in rows
    ]


def _turned(row: Row) -> Row:
    low, high = -row["interval_high"], -row["interval_low"]
    return {**row, "value": -row["value"], "interval_low": low, "interval_high": high}


def _swapped(row: Row) -> Row:
    """The same pair seen from the other mask ratio."""
    other = float(row["against"].removeprefix("MAE "))
    return _turned({**row, "mask_ratio": other, "against": f"MAE {row['mask_ratio']:g}"})
