"""Judges of the downstream tasks: Gabor features (Fig. 7) and depth."""

from math import sqrt

from spatial_mae.claims.engine import POINTS, Contrast
from spatial_mae.claims.judged import judged
from spatial_mae.claims.nearness import Alike
from spatial_mae.claims.noise import own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.shapes import Lead, Mean
from spatial_mae.claims.verdict import HOLDS, NOT_RUN, SETTING, Verdict
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, masked, pick
from spatial_mae.tables.settings import settings, solution

# In a map of gains: the MAEs of low mask ratios, the autoencoder.
LOW_RATIOS, AUTOENCODER = "low m", "AE"
AVERAGED = ("orientation", "n_latents")
# Small: at most a sixteenth of the 1,024 pixels of a 32 x 32 image.
SMALL_LATENTS = 64
RESOLUTION = 32
# Models can be distinguished only where one of them explains at least a fiftieth of the target.
LEARNABLE = 0.02

HIGH_RATIOS = Contrast(
    Mean(),
    (),
    "variance of the largest Gabors that high mask ratios predict beyond low ones",
    least=0.01,
    why="one point of explained variance",
    unit=POINTS,
    column="gain",
    repeat=None,
    error=own_error,
)


@judge("gabor.claim", kinds=("gabor_map",), figure="gabor_map", contrast=HIGH_RATIOS)
def high_mask_ratios_win(tables: Tables) -> Verdict:
    """At the largest scale, high mask ratios predict Gabor features better than low ones.

    Gains are averaged over the mask ratios of either side, over orientations and over numbers of
    latents; the encoders see whole images. Frequency and reading are settings: the condition names
    those where masking helps.
    """
    rows = pick(tables["gabor_map"], against=LOW_RATIOS, input="whole")
    largest = max((row["scale"] for row in rows), default=None)
    return judged(
        _averaged(pick(rows, scale=largest)),
        HIGH_RATIOS,
        "The map of Gabor gains needs mask ratios on both sides of 0.5.",
        note=f"Largest scale: {largest:g}." if largest is not None else "",
    )


def _averaged(rows: Rows) -> list[Row]:
    """One row per setting without orientation and latents: mean gain, and mean standard error.

    All are of the same images: their errors are taken as one.
    """
    return [
        {
            **group[0],
            **dict.fromkeys(AVERAGED),
            **{name: mean(group, name) for name in ("gain", "standard_error")},
        }
        for group in settings(rows, AVERAGED).values()
    ]


SIMILAR = Contrast(
    Alike(0.01),
    ("mask_ratio",),
    "spread of the models at the smallest scale, of the variance",
    least=0,
    why="similar: within one point of explained variance",
    unit=POINTS,
    column="error",
    repeat=None,
    error=own_error,
)


@judge("gabor.small", kinds=("gabor_map",), figure="gabor_map", contrast=SIMILAR)
def similar_at_small_scale(tables: Tables) -> Verdict:
    """At the smallest scale all models, the AE among them, predict about equally well.

    The AE is the gain 0; each MAE's error is that of its difference from it. The encoders see whole
    images.
    """
    rows = pick(tables["gabor_map"], against=AUTOENCODER, input="whole")
    smallest = min((row["scale"] for row in rows), default=None)
    gains = [{**row, "error": -row["gain"]} for row in pick(rows, scale=smallest)]
    zeros = [{**row, "mask_ratio": 0.0, "error": 0.0, "standard_error": 0.0} for row in gains]
    return judged(
        [*zeros, *gains],
        SIMILAR,
        "The map of Gabor gains holds no MAE and AE in one setting.",
        note=f"Smallest scale: {smallest:g}." if smallest is not None else "",
    )


@judge("depth.32", kinds=("depth",), figure="depth", role=SETTING)
def depth_resolution(tables: Tables) -> Verdict:
    """Depth is predicted at 32 x 32 pixels."""
    names = {row.get("dataset") for row in tables["depth"]}
    sizes = {name: size for name in names if (size := _side(name, tables)) is not None}
    sized = sorted(str(name) for name, side in sizes.items() if side == RESOLUTION)
    known = "; ".join(f"{name}: {side:g}" for name, side in sizes.items()) or "not in the tables"
    if not sized:
        text = "No depth data are known to be 32 x 32: set the data set's size."
        return Verdict(NOT_RUN, text, f"Sides: {known}.", role=SETTING)
    text = f"Depth of {len(sized)} of {len(names)} data sets is predicted at 32 x 32 pixels."
    numbers = {"datasets": len(names), "datasets_in_setting": len(sized)}
    return Verdict(HOLDS, text, f"Sides: {known}.", numbers, role=SETTING)


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


EVERY_PATCH = Contrast(
    Lead(lambda cells: [patch > 0 for (patch,) in cells], every=True),
    ("patch",),
    "variance of depth that the MAE of the worst patch size explains beyond the AE",
    least=0.01,
    why="one point of explained variance",
    unit=POINTS,
    column="gain",
    repeat=None,
    error=own_error,
)


@judge("depth.claim", kinds=("depth",), figure="depth", contrast=EVERY_PATCH)
def all_patches_beat_autoencoder(tables: Tables) -> Verdict:
    """With few latents, the MAE of every patch size predicts depth better than the AE.

    The AE is the gain 0, beside the patch sizes as one of size 0.
    """
    rows = [row for row in masked(tables["depth"]) if row.get("gain") is not None]
    few = [row for row in rows if row["n_latents"] <= SMALL_LATENTS and _learnable(row)]
    zeros = [{**row, "patch": 0, "gain": 0.0, "standard_error": 0.0} for row in few]
    return judged(
        [*few, *zeros],
        EVERY_PATCH,
        f"The depth tables hold no MAE with at most {SMALL_LATENTS} latents and an AE that explain "
        f"{LEARNABLE:.0%} of the target: use data whose depth a linear map can predict.",
        note=f"Few latents: at most {SMALL_LATENTS}. Left out: settings in which no model explains "
        f"{LEARNABLE:.0%} of the target.",
    )


def _learnable(row: Row) -> bool:
    """Whether the MAE or the AE explains a fiftieth of the variance."""
    return min(row["error"], row["error"] + row["gain"]) <= 1 - LEARNABLE
