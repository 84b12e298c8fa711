"""Judges of linear probes: mask ratio and patch size (Fig. 11), decoder depth, epochs (Fig. 10)."""

from math import sqrt

from spatial_mae.claims.controls import controls_evidence, controls_note
from spatial_mae.claims.registry import judge
from spatial_mae.claims.tables import Rows, Tables, by, mean
from spatial_mae.claims.tasks import HIGH_MASK_RATIO
from spatial_mae.claims.trained import (
    across_seeds,
    cells,
    fully_tuned,
    judged,
    last,
    left_out,
    probes,
    sentences,
    standard_error,
)
from spatial_mae.claims.verdict import Verdict

GRID = ("patch", "mask")
# The paper's range of best decoders.
FEWEST_LAYERS, MOST_LAYERS = 2, 4
# 1500 of the paper's 2000 epochs; the checkpoint nearest before, but of the second half.
LATE, HALF = 0.75, 0.5


@judge("lp.best", kinds=("evaluation",), figure="masking_grid")
def small_patches_high_ratios(tables: Tables) -> Verdict:
    """The best probe has a small patch and a mask ratio of at least one half.

    Small: below the geometric mean of the smallest and the largest patch of the setting.
    """
    rows = last(probes(tables["evaluation"]))
    return judged(
        across_seeds(rows, _corner, GRID, standard_error),
        rows,
        needs="the evaluation tables need two patch sizes, and mask ratios on both sides of 0.5, "
        "in one setting of completed runs",
        size="accuracy_over_best_outside",
        evidence=controls_evidence(tables["evaluation"]),
        note=_notes(tables["evaluation"]),
    )


def _corner(rows: Rows) -> tuple[bool, float] | None:
    patches, masks = by(rows, "patch"), by(rows, "mask")
    if len(patches) < 2 or not min(masks) < HIGH_MASK_RATIO <= max(masks):
        return None
    middle = sqrt(min(patches) * max(patches))
    accuracies = cells(rows, *GRID)
    return _lead(accuracies, {(p, m): p < middle and m >= HIGH_MASK_RATIO for p, m in accuracies})


def _lead(accuracies: dict[tuple, float], inside: dict[tuple, bool]) -> tuple[bool, float] | None:
    """By how much the best cell inside a region exceeds the best outside; None if one is empty."""
    ours = [value for key, value in accuracies.items() if inside[key]]
    theirs = [value for key, value in accuracies.items() if not inside[key]]
    if not (ours and theirs):
        return None
    return max(ours) > max(theirs), max(ours) - max(theirs)


@judge("poster.shift", kinds=("evaluation",), figure="masking_grid")
def best_ratio_falls_with_patch_size(tables: Tables) -> Verdict:
    """The mask ratio of the best accuracy falls from the smallest patch to the largest.

    By linear probe, and by fine-tuning all blocks where the study has it. The effect is the
    accuracy that the other's best ratio would cost the smallest or the largest patch.
    """
    rows = _both_protocols(tables)
    return judged(
        across_seeds(rows, _shift, GRID, standard_error),
        rows,
        needs="the evaluation tables need two patch sizes at the same two mask ratios or more, in "
        "one setting of completed runs",
        size="accuracy_behind_shift",
        evidence=controls_evidence(tables["evaluation"]),
        note=_notes(tables["evaluation"]),
    )


def _shift(rows: Rows) -> tuple[bool, float] | None:
    curves = {
        patch: {mask: value for (mask,), value in cells(group, "mask").items()}
        for patch, group in by(rows, "patch").items()
    }
    shared = set.intersection(*map(set, curves.values()))
    if len(curves) < 2 or len(shared) < 2:
        return None
    curves = {patch: {m: curve[m] for m in sorted(shared)} for patch, curve in curves.items()}
    best = [max(curve, key=curve.get) for curve in curves.values()]
    falls = best[0] > best[-1] and best == sorted(best, reverse=True)
    ends = [curves[min(curves)], curves[max(curves)]]
    others = [best[-1], best[0]] if best[0] != best[-1] else [None, None]
    margin = min(_margin(curve, other) for curve, other in zip(ends, others, strict=True))
    return falls, margin if falls else -margin


def _margin(curve: dict[float, float], other: float | None) -> float:
    """The best accuracy of a curve less that at another ratio, or less the second best."""
    ranked = sorted(curve.values(), reverse=True)
    return ranked[0] - (ranked[1] if other is None else curve[other])


@judge("dec.optimal", kinds=("evaluation",), figure="depth_grid")
def two_to_four_decoder_layers(tables: Tables) -> Verdict:
    """At each encoder depth, a decoder of 2 to 4 layers gives the best accuracy.

    By linear probe, and by fine-tuning all blocks where the study has it.
    """
    rows = _both_protocols(tables)
    depths = sorted({row["dec"] for row in rows})
    return judged(
        across_seeds(rows, _two_to_four, ("dec",), standard_error),
        rows,
        needs="the evaluation tables need decoders of 2 to 4 layers beside others, in one setting "
        "of completed runs",
        size="accuracy_over_best_outside",
        evidence=controls_evidence(tables["evaluation"]),
        note=sentences(_one_sided(depths), _notes(tables["evaluation"])),
    )


def _two_to_four(rows: Rows) -> tuple[bool, float] | None:
    accuracies = cells(rows, "dec")
    return _lead(accuracies, {key: FEWEST_LAYERS <= key[0] <= MOST_LAYERS for key in accuracies})


def _one_sided(depths: list[int]) -> str:
    if not depths or (depths[0] < FEWEST_LAYERS and depths[-1] > MOST_LAYERS):
        return ""
    side = "deeper" if depths[-1] <= MOST_LAYERS else "shallower"
    return f"No {side} decoder was trained: an optimum beyond is not excluded."


@judge("lp.1500", kinds=("evaluation",), figure="probe_over_epochs")
def probe_still_rises(tables: Tables) -> Verdict:
    """The accuracy still rises over the last quarter of pretraining (1500 to 2000 epochs)."""
    rows = probes(tables["evaluation"])
    return judged(
        across_seeds(rows, _late_rise, (), standard_error),
        rows,
        needs="the evaluation tables need, of a completed run, a checkpoint between one half and "
        "three quarters of its epochs: name one and set `checkpoints: all`",
        size="late_rise_of_accuracy",
        evidence=controls_evidence(tables["evaluation"]),
        note="From the last checkpoint within three quarters of the epochs to the end. "
        + _notes(tables["evaluation"]),
    )


def _late_rise(rows: Rows) -> tuple[bool, float] | None:
    curve = {epoch: mean(group, "value") for epoch, group in by(rows, "epoch").items()}
    end = rows[0]["epochs"]
    late = [epoch for epoch in curve if HALF * end <= epoch <= LATE * end]
    if not late or end not in curve:
        return None
    rise = curve[end] - curve[max(late)]
    return rise > 0, rise


def _both_protocols(tables: Tables) -> Rows:
    return last(probes(tables["evaluation"])) + fully_tuned(tables.get("fine_tuning", ()))


def _notes(rows: Rows) -> str:
    return sentences(controls_note(rows), left_out(rows))
