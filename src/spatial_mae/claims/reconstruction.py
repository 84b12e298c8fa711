"""Judges of reconstruction error and of the data's autocorrelation."""

from dataclasses import replace
from math import log

from spatial_mae.claims.engine import PERCENT, PLAIN, Contrast, Evidence
from spatial_mae.claims.joined import Joined
from spatial_mae.claims.judged import each_setting, judged, left_out
from spatial_mae.claims.noise import finite
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark
from spatial_mae.claims.shapes import Mean, Rise
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import means
from spatial_mae.tables.rows import Row, Rows, Tables, masked
from spatial_mae.tables.runs import HIDDEN_ERROR, asked, completed, last, once, predicting
from spatial_mae.tables.settings import settings

# Strong: neighbours share at least half of their second moment.
STRONG = 0.5
# The decay is judged to a quarter of the largest displacement: farther, few pairs remain.
NEAR = 0.25
ERRORS = Contrast(
    Rise(),
    ("mask",),
    "rise of the error on hidden patches with the mask ratio",
    least=0.02,
    why="2% of the error: curves nearer to each other are one in a figure",
    unit=PERCENT,
    relative=True,
)
LOSSES = Contrast(
    Rise(),
    ("mask_ratio",),
    "rise of the linear MAE's least loss with the mask ratio",
    least=0.01,
    why="1% of the loss: curves nearer to each other are one in a figure",
    unit=PERCENT,
    column="loss",
    repeat=None,
    relative=True,
)


@judge("recon.mono", kinds=("losses",), figure="losses", contrast=ERRORS)
def reconstruction_improves(tables: Tables) -> Verdict:
    """The error on hidden patches of trained MAEs rises with the mask ratio.

    Without trained networks: at a fixed number of latents the least loss of the linear MAE does.
    """
    errors = _errors(tables)
    if any(
        len({row["mask"] for row in group}) > 1 for group in settings(errors, ("mask",)).values()
    ):
        return judged(
            errors,
            ERRORS,
            "No seed of the evaluation tables has two mask ratios in one setting.",
            scale=mark,
            short=in_short,
            note=left_out(tables["evaluation"]),
        )
    return judged(
        masked(tables["losses"]),
        LOSSES,
        "The loss tables hold no two mask ratios in one setting: add mask ratios.",
        note="This is the linear MAE's minimum on the images of its moments; the paper's sentence "
        "is about trained networks.",
    )


PATCHES = replace(
    ERRORS, free=("patch",), says="rise of the error on hidden patches with the patch size"
)


@judge("recon.patch", kinds=("evaluation",), figure="masking_grid", contrast=PATCHES)
def smaller_patches_reconstruct_better(tables: Tables) -> Verdict:
    """The error on hidden patches of trained MAEs rises with the patch size, at each mask ratio.

    Networks that are told each patch's mean and deviation are left out: with smaller patches they
    are told more.
    """
    return judged(
        predicting(_errors(tables)),
        PATCHES,
        "The evaluation tables need two patch sizes in one setting of completed runs, of networks "
        "without normalised targets.",
        scale=mark,
        short=in_short,
        note=left_out(tables["evaluation"]),
    )


def _fall(axis: str, name: str) -> Contrast:
    says = f"fall of the error on hidden patches with {name} depth"
    return replace(ERRORS, shape=Rise(sign=-1), free=(axis,), says=says)


ENCODERS, DECODERS = _fall("enc", "encoder"), _fall("dec", "decoder")


@judge("recon.depth", kinds=("evaluation",), figure="depth_grid", contrast=ENCODERS)
def deeper_networks_reconstruct_better(tables: Tables) -> Verdict:
    """The error on hidden patches falls with encoder depth and with decoder depth, step by step.

    Both are claimed: encoders are compared with each decoder, decoders with each encoder.
    """
    rows = _errors(tables)
    encoders, decoders = (
        [{**row, "measure": name} for row in rows] for name in ("encoder depth", "decoder depth")
    )
    return judged(
        rows,
        Joined([Evidence(encoders, ENCODERS), Evidence(decoders, DECODERS)]),
        "The evaluation tables need two encoder depths with one decoder, and two decoder depths "
        "with one encoder, in one setting of completed runs.",
        scale=mark,
        short=in_short,
        note=left_out(tables["evaluation"]),
    )


def _errors(tables: Tables) -> list[Row]:
    """Errors on hidden patches of held-out images, at the end of pretraining."""
    rows = last(once(completed(tables.get("evaluation", ()))))
    return [row for row in rows if asked(row) == HIDDEN_ERROR]


DECAY = Contrast(
    Mean(-STRONG),
    (),
    "correlation of neighbours, where it then falls with distance",
    least=0,
    why="strong: half of the second moment",
    unit=PLAIN,
    repeat=None,
)


@judge("poster.eqR", kinds=("autocorrelation",), figure="autocorrelation", contrast=DECAY)
def correlations_are_local(tables: Tables) -> Verdict:
    """R, the mean of f(x) f(x + dx), is strong between neighbours and falls with distance."""
    rows = [row for row in tables["autocorrelation"] if row.get("correlation") is not None]
    finite(rows, "correlation")
    return judged(
        each_setting(rows, _neighbours),
        DECAY,
        "The autocorrelation tables hold no displacement beyond 1 pixel: enlarge the recipe.",
        evidence=_exponents(rows),
    )


def _neighbours(rows: Rows) -> float | None:
    """Correlation at 1 pixel; 0 unless it falls step by step to a quarter of the longest."""
    curve = _by_distance(rows)
    farthest = max(1 + 1, NEAR * max(curve, default=0))
    near = [value for distance, value in curve.items() if 1 <= distance <= farthest]
    if len(near) < 2 or 1 not in curve:
        return None
    falls = all(after < before for before, after in zip(near, near[1:], strict=False))
    return curve[1] if falls else 0.0


def _by_distance(rows: Rows) -> dict[int, float]:
    """Mean correlation at each distance rounded to whole pixels, of images with any variance."""
    rounded = [{**row, "distance": round(row["distance"])} for row in rows]
    return means(rounded, "distance", "correlation")


def _exponents(rows: Rows) -> dict[str, float]:
    """The exponent of the decay from 1 to 4 pixels.

    An exponent of -1 would be the "inversely proportional" of the paper's text.
    """
    curves = [_by_distance(group) for group in settings(rows).values()]
    exponents = [log(c[4] / c[1]) / log(4) for c in curves if c.get(4, 0) > 0 and c.get(1, 0) > 0]
    if not exponents:
        return {}
    return {"decay_exponent_least": max(exponents), "decay_exponent_most": min(exponents)}
