"""Judges of linear probes: mask ratio and patch size (Fig. 11), decoder depth, epochs (Fig. 10)."""

from collections.abc import Iterable
from math import sqrt

from spatial_mae.claims.conditions import Effect
from spatial_mae.claims.controls import controls_evidence, controls_note
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import values
from spatial_mae.claims.seeds import across_seeds, judged, left_out, limited, sentences
from spatial_mae.claims.tasks import HIGH_MASK_RATIO
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import cells, mean, standard_error
from spatial_mae.tables.rows import Row, Rows, Tables, by
from spatial_mae.tables.runs import fully_tuned, last, probes
from spatial_mae.tables.settings import settings

GRID = ("patch", "mask")
# The paper's range of best decoders.
FEWEST_LAYERS, MOST_LAYERS = 2, 4
# 1500 of the paper's 2000 epochs; the checkpoint nearest before, but of the second half.
LATE, HALF = 0.75, 0.5
# Cells (small patch, high ratio) of a grid that lacks them.
UNTRIED = {
    (True, False): "Small patches had high mask ratios only: lower ones were not tried there.",
    (False, True): "Large patches had low mask ratios only: higher ones were not tried there.",
}


@judge("lp.best", kinds=("evaluation",), figure="masking_grid")
def small_patches_high_ratios(tables: Tables) -> Verdict:
    """The best probe has a small patch and a mask ratio of at least one half.

    Small: below the geometric mean of the smallest and the largest patch of the setting.
    """
    rows = last(probes(tables["evaluation"]))
    untried = _untried(rows)
    found = judged(
        across_seeds(rows, _corner, GRID, standard_error),
        rows,
        needs="the evaluation tables need two patch sizes, and mask ratios on both sides of 0.5, "
        "in one setting of completed runs",
        size="accuracy_over_best_outside",
        evidence=controls_evidence(tables["evaluation"]),
        note=sentences(_grid(rows, _corner), untried, _notes(tables["evaluation"])),
    )
    return limited(found, untried)


def _corner(rows: Rows) -> tuple[bool, float] | None:
    patches, masks = by(rows, "patch"), by(rows, "mask")
    if len(patches) < 2 or not min(masks) < HIGH_MASK_RATIO <= max(masks):
        return None
    accuracies = cells(rows, *GRID)
    small = _small(patches)
    return _lead(accuracies, {(p, m): p in small and m >= HIGH_MASK_RATIO for p, m in accuracies})


def _small(patches: Iterable[int]) -> set[int]:
    """The patch sizes below the geometric mean of the smallest and the largest."""
    middle = sqrt(min(patches) * max(patches))
    return {patch for patch in patches if patch < middle}


def _untried(rows: Rows) -> str:
    """Which half of the statement some setting's grid leaves out."""
    texts = []
    for group in _settings_of(rows, _corner, GRID):
        small = _small(by(group, "patch"))
        tried = {(row["patch"] in small, row["mask"] >= HIGH_MASK_RATIO) for row in group}
        texts += [text for cell, text in UNTRIED.items() if cell not in tried]
    return sentences(*dict.fromkeys(texts))


def _settings_of(rows: Rows, effect: Effect, free: Iterable[str]) -> list[list[Row]]:
    """The rows of each setting in which the effect can be seen."""
    return [group for group in settings(rows, free).values() if effect(group) is not None]


def _grid(rows: Rows, effect: Effect) -> str:
    """Patch sizes and mask ratios compared: free axes, which the settings do not list."""
    compared = [row for group in _settings_of(rows, effect, GRID) for row in group]
    if not compared:
        return ""
    return f"Patch sizes {values(compared, 'patch')}; mask ratios {values(compared, 'mask')}."


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
    accuracy that the other's best ratio would cost the smallest or the largest patch. Patch sizes
    are compared at the same ratios: those with which the most networks remain.
    """
    rows = _common_grid(_both_protocols(tables))
    return judged(
        across_seeds(rows, _shift, GRID, standard_error),
        rows,
        needs="the evaluation tables need two patch sizes at the same two mask ratios or more, in "
        "one setting of completed runs",
        size="accuracy_behind_shift",
        evidence=controls_evidence(tables["evaluation"]),
        note=sentences(_grid(rows, _shift), _notes(tables["evaluation"])),
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


def _shift(rows: Rows) -> tuple[bool, float] | None:
    curves = {
        patch: {mask: value for (mask,), value in cells(group, "mask").items()}
        for patch, group in by(rows, "patch").items()
    }
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
    groups = _settings_of(rows, _two_to_four, ("dec",))
    untried = sentences(*dict.fromkeys(_one_sided(list(by(group, "dec"))) for group in groups))
    found = judged(
        across_seeds(rows, _two_to_four, ("dec",), standard_error),
        rows,
        needs="the evaluation tables need decoders of 2 to 4 layers and others, in one setting "
        "of completed runs",
        size="accuracy_over_best_outside",
        evidence=controls_evidence(tables["evaluation"]),
        note=sentences(untried, _notes(tables["evaluation"])),
    )
    return limited(found, untried)


def _two_to_four(rows: Rows) -> tuple[bool, float] | None:
    accuracies = cells(rows, "dec")
    return _lead(accuracies, {key: FEWEST_LAYERS <= key[0] <= MOST_LAYERS for key in accuracies})


def _one_sided(depths: list[int]) -> str:
    """A warning where decoders of one side only were compared with. depths: in order."""
    if depths[0] < FEWEST_LAYERS and depths[-1] > MOST_LAYERS:
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
