"""Judges of linear probes: mask ratio and patch size (Fig. 11), decoder depth, epochs (Fig. 10)."""

from collections.abc import Iterable
from dataclasses import replace
from math import sqrt

from spatial_mae.claims.engine import Contrast
from spatial_mae.claims.gates import learned
from spatial_mae.claims.grid_shapes import Shift
from spatial_mae.claims.judged import HIGH_MASK_RATIO, fitting, judged, left_out
from spatial_mae.claims.noise import accuracy_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark
from spatial_mae.claims.shapes import Above, Cells, Lead, Rise
from spatial_mae.claims.verdict import CONDITIONAL, HOLDS, INCONCLUSIVE, Verdict
from spatial_mae.tables.rows import Row, Rows, Tables, by
from spatial_mae.tables.runs import fully_tuned, last, probes
from spatial_mae.tables.settings import settings

GRID = ("patch", "mask")
# The paper's range of best decoders.
FEWEST_LAYERS, MOST_LAYERS = 2, 4
# 1500 of the paper's 2000 epochs; the checkpoint nearest before, but of the second half.
LATE, HALF = 0.75, 0.5
POINT = "one point: papers of this field report smaller gains as equal"


def small(patches: Iterable[int]) -> set[int]:
    """The patch sizes below the geometric mean of the smallest and the largest."""
    patches = set(patches)
    middle = sqrt(min(patches) * max(patches))
    return {patch for patch in patches if patch < middle}


def _corner(cells: Cells) -> list[bool]:
    """Small patches at high mask ratios, of a grid that has larger ones there and lower ratios."""
    tiny = small({patch for patch, _ in cells})
    places = [(patch in tiny, mask >= HIGH_MASK_RATIO) for patch, mask in cells]
    whole = {(False, True), (True, False)} <= set(places)
    return [whole and place == (True, True) for place in places]


CORNER = Contrast(
    Lead(_corner),
    GRID,
    "best accuracy of small patches at m of 0.5 or more, over others' best",
    least=0.01,
    why=POINT,
    error=accuracy_error,
)


@judge("lp.best", kinds=("evaluation",), figure="masking_grid", contrast=CORNER)
def small_patches_high_ratios(tables: Tables) -> Verdict:
    """The best probe has a small patch and a mask ratio of at least one half.

    Small: below the geometric mean of the smallest and the largest patch of the setting. Where a
    patch size lacks the ratios that this needs, the largest full grid is judged.
    """
    rows = last(probes(tables["evaluation"]))
    return _of_probes(
        fitting(rows, CORNER) or _common_grid(rows),
        CORNER,
        tables,
        needs="The evaluation tables need small patches at mask ratios on both sides of 0.5, and "
        "larger patches at high ones, in one setting of completed runs.",
    )


SHIFT = Contrast(
    Shift(),
    GRID,
    "accuracy by which the smallest patch prefers a higher mask ratio than the largest",
    least=0.01,
    why=POINT,
    error=accuracy_error,
)


@judge("poster.shift", kinds=("evaluation",), figure="masking_grid", contrast=SHIFT)
def best_ratio_falls_with_patch_size(tables: Tables) -> Verdict:
    """The mask ratio of the best accuracy falls from the smallest patch to the largest.

    By linear probe, and by fine-tuning all blocks where the study has it. Patch sizes are compared
    at the same ratios: those with which the most networks remain.
    """
    return _of_probes(
        _common_grid(_both_protocols(tables)),
        SHIFT,
        tables,
        needs="The evaluation tables need two patch sizes at the same two mask ratios or more, in "
        "one setting of completed runs.",
    )


def _common_grid(rows: Rows) -> list[Row]:
    """Of each setting the largest full grid of patch sizes and mask ratios, two of each or more."""
    kept = []
    for group in settings(rows, GRID).values():
        masks = {patch: {r["mask"] for r in part} for patch, part in by(group, "patch").items()}
        shared = [*masks.values(), set.intersection(*masks.values())]
        grids = [({p for p in masks if ratios <= masks[p]}, ratios) for ratios in shared]
        patches, ratios = max(grids, key=lambda grid: _cells(*grid))
        if _cells(patches, ratios):
            kept += [row for row in group if row["patch"] in patches and row["mask"] in ratios]
    return kept


def _cells(patches: set[int], ratios: set[float]) -> int:
    """The size of a grid; 0 where there is nothing to compare."""
    return len(patches) * len(ratios) if min(len(patches), len(ratios)) > 1 else 0


DECODERS = Contrast(
    Lead(lambda cells: [FEWEST_LAYERS <= dec <= MOST_LAYERS for (dec,) in cells]),
    ("dec",),
    "best accuracy with 2 to 4 decoder layers, over the best of others",
    least=0.01,
    why=POINT,
    error=accuracy_error,
)


@judge("dec.optimal", kinds=("evaluation",), figure="depth_grid", contrast=DECODERS)
def two_to_four_decoder_layers(tables: Tables) -> Verdict:
    """At each encoder depth, a decoder of 2 to 4 layers gives the best accuracy.

    By linear probe, and by fine-tuning all blocks where the study has it. Without both shallower
    and deeper decoders this can fail but not hold.
    """
    groups = settings(fitting(_both_protocols(tables), DECODERS), ("dec",)).values()
    sided = [group for group in groups if not _missing(group)]
    found = _of_probes(
        [row for group in sided or groups for row in group],
        DECODERS,
        tables,
        needs="The evaluation tables need decoders of 2 to 4 layers and others, in one setting "
        "of completed runs.",
    )
    if sided or found.verdict not in (HOLDS, CONDITIONAL):
        return found
    sides = " or no ".join(sorted({_missing(group) for group in groups}))
    text = f"Better than the others, but no {sides} decoder was trained: it may be better still."
    return replace(found, verdict=INCONCLUSIVE, sentence=text)


def _missing(rows: Rows) -> str:
    """The side of 2 to 4 layers on which there is no decoder; empty if both have one."""
    depths = {row["dec"] for row in rows}
    if max(depths) <= MOST_LAYERS:
        return "deeper"
    return "shallower" if min(depths) >= FEWEST_LAYERS else ""


DEEPER = Contrast(
    Rise(),
    ("enc",),
    "accuracy gained from the shallowest encoder to the deepest, less the largest step down",
    least=0.01,
    why=POINT,
    error=accuracy_error,
)


@judge("lp.depth", kinds=("evaluation",), figure="depth_grid", contrast=DEEPER)
def deeper_encoders_probe_better(tables: Tables) -> Verdict:
    """The linear probe's accuracy rises with encoder depth, step by step, with each decoder."""
    return _of_probes(
        last(probes(tables["evaluation"])),
        DEEPER,
        tables,
        needs="The evaluation tables need two encoder depths with one decoder, in one setting of "
        "completed runs.",
    )


LATE_RISE = Contrast(
    Above(
        lambda cells: [epoch == "end" for (epoch,) in cells],
        lambda cells: [epoch == "late" for (epoch,) in cells],
    ),
    ("epoch",),
    "accuracy gained in the last quarter of pretraining",
    least=0.005,
    why="half a point in a quarter of the training: less is no reason to train longer",
    error=accuracy_error,
)


@judge("lp.1500", kinds=("evaluation",), figure="probe_over_epochs", contrast=LATE_RISE)
def probe_still_rises(tables: Tables) -> Verdict:
    """The accuracy still rises over the last quarter of pretraining (1500 to 2000 epochs)."""
    return _of_probes(
        _late_and_end(probes(tables["evaluation"])),
        LATE_RISE,
        tables,
        needs="The evaluation tables need, of a completed run, a checkpoint between one half and "
        "three quarters of its epochs: name one and set `checkpoints: all`.",
    )


def _late_and_end(rows: Rows) -> list[Row]:
    """Of each setting the last checkpoint within three quarters of the epochs, and the end."""
    kept = []
    for group in settings(rows).values():
        curve, end = by(group, "epoch"), group[0]["epochs"]
        late = [epoch for epoch in curve if HALF * end <= epoch <= LATE * end]
        if late and end in curve:
            kept += [{**row, "epoch": "late"} for row in curve[max(late)]]
            kept += [{**row, "epoch": "end"} for row in curve[end]]
    return kept


def _of_probes(rows: Rows, contrast: Contrast, tables: Tables, needs: str) -> Verdict:
    """The verdict over settings whose networks beat chance and their controls."""
    kept, gate = learned(fitting(rows, contrast), tables["evaluation"], contrast.free)
    return judged(
        kept,
        contrast,
        needs,
        scale=mark,
        short=in_short,
        gate=gate,
        note=left_out(tables["evaluation"]),
    )


def _both_protocols(tables: Tables) -> Rows:
    return last(probes(tables["evaluation"])) + fully_tuned(tables.get("fine_tuning", ()))
