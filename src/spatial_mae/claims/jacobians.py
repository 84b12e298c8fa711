"""Judges of the spatial entropy of Jacobians (Figs. 9, 13): patch size and mask ratio."""

from math import hypot, sqrt
from statistics import median

from spatial_mae.claims.conditions import TOLERANCE, Outcome, rises
from spatial_mae.claims.jacobian_rows import GRID, common_grid, counted, ends, error, less
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import values
from spatial_mae.claims.seeds import across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.claims.wording import HOLDING, counts, share
from spatial_mae.tables.repeats import cells, mean, means
from spatial_mae.tables.rows import Row, Rows, Tables, by, grouped, pick
from spatial_mae.tables.settings import settings

# A much weaker influence moves the entropy by at most half as much as a strong one.
MUCH_WEAKER = 0.5
# What the trained network is compared with.
CONTROLS = {
    "untrained": "untrained network",
    "linear": "linear MAE",
    "uniform": "mask alone (equal weights on visible pixels)",
}
ALONE = "No untrained network in the tables: what masks and architecture alone give is unknown."
BOUND = (
    "An entropy is at most the logarithm of the number of visible inputs, which falls as the mask "
    "ratio rises: only divided by it (normalisation visible) are mask ratios compared like for like"
)


@judge("entropy.patch", kinds=("jacobian",), figure="spatial_entropy")
def entropy_rises_with_patch_size(tables: Tables) -> Verdict:
    """The trained network's entropy rises with the patch size, at each mask ratio and convention.

    The note says whether the untrained network, the linear MAE and uniform weights do so too, and
    whether the trained network's entropy rises by more than theirs.
    """
    rows = _entropies(tables, "network")
    distances = pick(counted(tables["jacobian"], "value"), source="network", measure="spread")
    spreads = across_seeds(distances, rises("patch"), ("patch",), _rise_error)
    numbers, note = _controls(tables)
    return judged(
        across_seeds(rows, rises("patch"), ("patch",), _rise_error),
        rows,
        needs="the tables of Jacobians need two patch sizes in one setting of completed runs",
        size="relative_rise_of_entropy",
        evidence={**numbers, **counts("spread", spreads, HOLDING)},
        note=sentences(
            f"Patch sizes {values(rows, 'patch')}.",
            f"The mean distance of the inputs rises in {share(spreads)}." if spreads else "",
            note,
            left_out(tables["jacobian"]),
        ),
    )


def _entropies(tables: Tables, source: str) -> list[Row]:
    return pick(counted(tables["jacobian"], "value"), source=source, measure="entropy")


def _rise_error(rows: Rows) -> float:
    """The standard error over images of the relative rise, the two patch sizes independent."""
    scale = max(map(abs, means(rows, "patch").values()))
    return _gain_error(rows) / scale if scale > 0 else 0.0


def _gain(rows: Rows) -> tuple[bool, float] | None:
    """Whether the value at the largest patch size is above that at the smallest, by how much."""
    if (found := ends(rows, "patch")) is None:
        return None
    gain = mean(found[1], "value") - mean(found[0], "value")
    return gain > 0, gain


def _gain_error(rows: Rows) -> float:
    return hypot(*map(error, ends(rows, "patch") or ()))


def _controls(tables: Tables) -> tuple[dict[str, float], str]:
    """In how many settings each control rises, and the network by more than it."""
    network, numbers, texts = _entropies(tables, "network"), {}, []
    for source, name in CONTROLS.items():
        rows = _entropies(tables, source)
        alone = across_seeds(rows, rises("patch"), ("patch",), _rise_error)
        more = across_seeds(less(network, rows), _gain, ("patch",), _gain_error)
        if alone and more:
            numbers |= counts(source, alone, HOLDING) | counts(f"beyond_{source}", more, HOLDING)
            texts.append(f"{name}: {share(alone)}, the network by more in {share(more)}")
    controls = f"Entropy of controls rises in: {'; '.join(texts)}." if texts else ""
    return numbers, sentences(controls, "" if "untrained_settings" in numbers else ALONE)


@judge("entropy.mask", kinds=("jacobian",), figure="spatial_entropy")
def mask_ratio_matters_much_less(tables: Tables) -> Verdict:
    """Over the mask ratios entropy changes by at most half of what it does over the patch sizes.

    Both within one full grid of the same seeds. A change is the largest less the smallest entropy
    along one axis, averaged over the other. Half of no change at all is no evidence: over the patch
    sizes the entropy must change by more than the tolerance.
    """
    groups = settings(_entropies(tables, "network"), GRID).values()
    rows = [row for group in groups for row in common_grid(group)]
    outcomes = across_seeds(rows, _weaker, GRID, _weaker_error)
    return judged(
        outcomes,
        rows,
        needs="the tables of Jacobians need two patch sizes at the same two mask ratios or more, "
        "in one setting of completed runs",
        size="half_the_patch_change_less_the_mask_change",
        evidence=_ratios(rows),
        note=sentences(_compared(rows), _by_normalisation(outcomes), left_out(tables["jacobian"])),
    )


def _changes(rows: Rows) -> tuple[float, float]:
    """The change of entropy over patch sizes at one mask ratio, and over mask ratios at one size.

    Means over the ratios and over the sizes.
    """
    masks, patches = by(rows, "mask").values(), by(rows, "patch").values()
    over_patches = [_range(means(group, "patch")) for group in masks]
    over_masks = [_range(means(group, "mask")) for group in patches]
    return sum(over_patches) / len(over_patches), sum(over_masks) / len(over_masks)


def _range(points: dict[float, float]) -> float:
    return max(points.values()) - min(points.values())


def _weaker(rows: Rows) -> tuple[bool, float]:
    """The margin is relative to the larger of the changes."""
    over_patches, over_masks = _changes(rows)
    entropies = cells(rows, *GRID).values()
    moved = over_patches > TOLERANCE * max(map(abs, entropies))
    margin = MUCH_WEAKER * over_patches - over_masks
    return moved and margin >= 0, margin / (max(over_patches, over_masks) or 1.0)


def _weaker_error(rows: Rows) -> float:
    """The standard error of the margin if every cell had its own images."""
    largest = max(_changes(rows))
    noise = hypot(MUCH_WEAKER, 1) * sqrt(2) * error(rows)
    return noise / largest if largest > 0 else 0.0


def _ratios(rows: Rows) -> dict[str, float]:
    """The change over mask ratios over that over patch sizes, the median of each normalisation."""
    ratios: dict[object, list[float]] = {}
    for group in settings(rows, GRID).values():
        over_patches, over_masks = _changes(group)
        if over_patches > 0:
            ratios.setdefault(group[0].get("normalised"), []).append(over_masks / over_patches)
    return {f"mask_over_patch_change_{name}_median": median(r) for name, r in ratios.items()}


def _compared(rows: Rows) -> str:
    if not rows:
        return ""
    return (
        f"Much weaker: at most {MUCH_WEAKER:g} of the change over patch sizes. Compared: patch "
        f"sizes {values(rows, 'patch')}, mask ratios {values(rows, 'mask')}, seeds "
        f"{values(rows, 'seed')}."
    )


def _by_normalisation(outcomes: list[Outcome]) -> str:
    groups = grouped(outcomes, lambda outcome: outcome.where.get("normalised"))
    found = ", ".join(f"{name} in {share(group)}" for name, group in groups.items())
    return f"{BOUND}. By normalisation it holds: {found}." if groups else ""
