"""Judges of App. F: what masking does in the frequency domain."""

from math import isclose

from spatial_mae.claims.engine import PERCENT, Contrast, Unit
from spatial_mae.claims.judged import each_setting, judged
from spatial_mae.claims.noise import finite
from spatial_mae.claims.registry import judge
from spatial_mae.claims.shapes import Mean
from spatial_mae.claims.theory import lemma_numbers
from spatial_mae.claims.verdict import HOLDS, NOT_RUN, SETTING, Verdict
from spatial_mae.claims.wording import describe_data
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.settings import settings

# The paper's share of hidden patches in Fig. 22.
SHARE = 0.2
# Power below a billionth of the mean is a zero of the closed form, rounded.
ZERO = 1e-9
# Standard errors that an average may be away from the closed form: of some thousand frequencies,
# whose powers have heavier tails than a Gaussian, none should by chance.
SIGMAS = 6.0
# Zeroed: the masked images keep less than a hundredth of the image's power at that frequency.
ZEROED = 0.01


@judge("psd.20", kinds=("psd",), figure="masked_psd", role=SETTING)
def share_of_hidden_patches(tables: Tables) -> Verdict:
    """The masked images of the spectra have 20% of their patches hidden."""
    rows = [row for row in tables["psd"] if row.get("mask_ratio") is not None]
    shares = [group[0]["mask_ratio"] for group in settings(rows).values()]
    held = sum(isclose(share, SHARE) for share in shares)
    if not held:
        text = "No spectrum here hides 20% of the patches: set `mask_ratio: 0.2`."
        return Verdict(NOT_RUN, text, role=SETTING)
    text = f"{held} of {len(shares)} masks hide 20% of the patches."
    numbers = {"masks": len(shares), "masks_in_setting": held}
    return Verdict(HOLDS, text, evidence=numbers, data=describe_data(rows), role=SETTING)


ZEROS = Contrast(
    Mean(),
    (),
    "equally spaced zeros of the mask's spectrum on an axis",
    least=1,
    why="a grating has at least one",
    unit=Unit("", digits=0),
    repeat=None,
)


@judge("psd.grating", kinds=("spectrum",), figure="mask_spectrum", contrast=ZEROS)
def mask_spectrum_is_a_grating(tables: Tables) -> Verdict:
    """The expected power of masks has equally spaced zeros, and sampled masks agree with it."""
    rows = tables["spectrum"]
    for column in ("expected", "averaged", "standard_error"):
        finite(rows, column)
    return judged(
        each_setting(rows, _grating),
        ZEROS,
        "The spectra hold no frequency beyond zero: enlarge the recipe's size.",
        evidence={
            "standard_errors_off_largest": max(_deviation(row) for row in rows),
            **lemma_numbers("psd.grating", tables),
        },
        note="Zeros of the mask's own spectrum, at multiples of 1/p cycles per pixel; a patch of "
        "one pixel has none. Sampled masks agree within six standard errors, or none is counted.",
    )


def _grating(rows: Rows) -> float | None:
    """The number of zeros; 0 where they are not equally spaced or sampled masks disagree."""
    axis = {
        abs(row["frequency_x"]): row["expected"]
        for row in rows
        if row["frequency_y"] == 0 and row["frequency_x"] != 0
    }
    if not axis:
        return None
    level = sum(axis.values()) / len(axis)
    zeros = sorted(f for f, power in axis.items() if power <= ZERO * level)
    spaced = all(isclose(f, (j + 1) * zeros[0], rel_tol=1e-6) for j, f in enumerate(zeros))
    agrees = max(_deviation(row) for row in rows) <= SIGMAS
    return float(len(zeros)) if spaced and agrees else 0.0


def _deviation(row: Row) -> float:
    """Standard errors between the average over masks and the closed form."""
    gap = abs(row["averaged"] - row["expected"])
    rounding = ZERO * max(1.0, row["expected"])
    return 0.0 if gap <= rounding else gap / max(row["standard_error"], rounding)


ZEROED_SHARE = Contrast(
    Mean(),
    (),
    "share of frequencies whose power masking removes",
    least=0.001,
    why="one frequency in a thousand: `certain frequencies`",
    unit=PERCENT,
    repeat=None,
)


@judge("psd.zeroing", kinds=("psd",), figure="masked_psd", contrast=ZEROED_SHARE)
def masking_zeroes_frequencies(tables: Tables) -> Verdict:
    """Masked images have next to no power at some frequency at which the images have power.

    Masking is a product in space, hence a convolution of spectra in frequency.
    """
    finite(tables["psd"], "power")
    kept = _power_kept(tables["psd"])
    return judged(
        each_setting(kept, _zeroed),
        ZEROED_SHARE,
        "The spectra hold no masked part: add patches to the recipe.",
        evidence={**_kept_numbers(kept), **lemma_numbers("psd.zeroing", tables)},
        note="Removed: less than a hundredth of the power is left.",
    )


def _power_kept(rows: Rows) -> list[Row]:
    """For each masked frequency the power kept, as a ratio to the images' own, which is above 0."""
    own = {_place(row): row["power"] for row in rows if row["part"] == "image" and row["power"] > 0}
    masked = [row for row in rows if row["part"] == "masked" and _place(row) in own]
    return [{**row, "kept": row["power"] / own[_place(row)]} for row in masked]


def _place(row: Row) -> tuple:
    """Images and frequency: another experiment may have fewer images of the data set."""
    return (row.get("dataset"), row.get("n_images"), row["frequency_x"], row["frequency_y"])


def _zeroed(rows: Rows) -> float:
    return sum(row["kept"] < ZEROED for row in rows) / len(rows)


def _kept_numbers(rows: Rows) -> dict[str, float]:
    kept = [row["kept"] for row in rows]
    if not kept:
        return {}
    return {"power_kept_smallest": min(kept), "power_kept_largest": max(kept)}
