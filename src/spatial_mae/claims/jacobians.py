"""Judges of the reach of Jacobians (Figs. 9, 13): patch size and mask ratio.

Their reach has two measures: spatial entropy (Eq. 11), and the mean distance of the inputs.
"""

from collections.abc import Mapping
from math import isfinite
from statistics import median

import numpy as np

from spatial_mae.claims.engine import PERCENT, Combined, Contrast, Evidence
from spatial_mae.claims.grid_shapes import Change, ranges
from spatial_mae.claims.jacobian_rows import GRID, common_grid, counted, number
from spatial_mae.claims.judged import judged, left_out, sentences
from spatial_mae.claims.noise import own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark, values
from spatial_mae.claims.shapes import Rise
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import cells, means
from spatial_mae.tables.rows import Row, Rows, Tables, pick
from spatial_mae.tables.settings import settings

# A much weaker influence moves the reach by at most half as much as a strong one.
MUCH_WEAKER = 0.5
REACH = ("entropy", "spread")
# What the trained network is compared with.
CONTROLS = {
    "untrained": "untrained network",
    "linear": "linear MAE",
    "uniform": "mask alone (equal weights on visible pixels)",
}
BOUND = (
    "An entropy is at most the logarithm of the number of visible inputs, which falls as the mask "
    "ratio rises: only divided by it (normalisation visible) are mask ratios alike."
)
DISTANT = (
    "Distant information is read as entropy, and as the mean distance of the inputs in pixels."
)
# exp(entropy) counts the pixels that would matter equally: an entropy of 5 is 148 of them.
TENTH_MORE_PIXELS = "of an entropy of 5 nats, ten percent more pixels that matter"

PATCHES = Contrast(
    Rise(),
    ("patch",),
    "relative rise of entropy from the smallest patch to the largest, less the largest step down",
    least=0.02,
    why=TENTH_MORE_PIXELS,
    unit=PERCENT,
    error=own_error,
    relative=True,
)


@judge("entropy.patch", kinds=("jacobian",), figure="spatial_entropy", contrast=PATCHES)
def entropy_rises_with_patch_size(tables: Tables) -> Verdict:
    """The trained network's entropy rises with the patch size, at each mask ratio and convention.

    Conventions are settings of the same networks. The note gives the rise of the controls: what
    the untrained network, the linear MAE and uniform weights show too, training did not bring.
    """
    rows = _entropies(tables, "network")
    rises = _rises_of_controls(tables)
    return judged(
        rows,
        PATCHES,
        needs="The tables of Jacobians need two patch sizes in one setting of completed runs.",
        scale=mark,
        short=in_short,
        evidence={f"rise_{source}_median": rise for source, rise in rises.items()},
        note=sentences(_controls(rises), left_out(tables["jacobian"])),
    )


def _entropies(tables: Tables, source: str) -> list[Row]:
    return pick(counted(tables["jacobian"]), source=source, measure="entropy")


def _reaches(tables: Tables) -> list[Row]:
    return pick(counted(tables["jacobian"]), source="network", measure=REACH)


def _rises_of_controls(tables: Tables) -> dict[str, float]:
    """The median relative rise of each control from the smallest patch to the largest."""
    found = {}
    for source in CONTROLS:
        rows = [r for r in _entropies(tables, source) if isfinite(number(r["value"]))]
        levels = [means(group, "patch") for group in settings(rows, ("patch",)).values()]
        rises = [_relative_rise(level) for level in levels if len(level) > 1]
        found |= {source: median(rises)} if rises else {}
    return found


def _relative_rise(level: Mapping[object, float]) -> float:
    first, *_, last = level.values()
    return (last - first) / (sum(map(abs, level.values())) / len(level) or 1.0)


def _controls(rises: Mapping[str, float]) -> str:
    texts = [f"{CONTROLS[source]} {PERCENT(rise)}" for source, rise in rises.items()]
    text = f"Median rise of controls: {'; '.join(texts)}." if texts else ""
    unknown = "No untrained network in the tables: what masks and architecture give is unknown."
    return sentences(text, "" if "untrained" in rises else unknown)


WEAKER = Contrast(
    Change(MUCH_WEAKER, 1.0),
    GRID,
    "half the change of reach over patch sizes less that over mask ratios",
    least=0.001,
    why="half is the margin already; beyond it a thousandth is no difference of two numbers",
    unit=PERCENT,
    error=own_error,
    relative=True,
)
CHANGED = Contrast(
    Change(),
    GRID,
    "change of reach over patch sizes",
    least=0.02,
    why=f"{TENTH_MORE_PIXELS}; of a distance, what a figure of profiles shows",
    unit=PERCENT,
    error=own_error,
    relative=True,
)


@judge("entropy.mask", kinds=("jacobian",), figure="spatial_entropy", contrast=WEAKER)
def mask_ratio_matters_much_less(tables: Tables) -> Verdict:
    """Over the mask ratios the reach changes by at most half of what it does over the patch sizes.

    "Distant spatial information" is read as spatial entropy and as the mean distance of the inputs,
    which are settings of the same networks. Both changes are of one full grid of the same seeds. A
    change is the largest less the smallest reach along one axis, averaged over the other. Half of
    no change is no evidence: over the patch sizes the reach must change.
    """
    groups = settings(_reaches(tables), GRID).values()
    compared = [row for group in groups for row in common_grid(group)]
    rows = [_one_reading(row) for row in compared]
    return judged(
        rows,
        Combined([Evidence(rows, WEAKER), Evidence(rows, CHANGED)]),
        needs="The tables of Jacobians need two patch sizes at the same two mask ratios or more, "
        "in one setting of completed runs.",
        scale=mark,
        short=in_short,
        evidence=_ratios(compared),
        note=sentences(_compared(rows), left_out(tables["jacobian"])),
    )


def _one_reading(row: Row) -> Row:
    """A row whose normalisation, which a distance has not, is told by its measure."""
    name = row.get("normalised")
    measure = f"{row['measure']} (normalisation {name})" if name else row["measure"]
    return {**row, "measure": measure, "normalised": None}


def _ratios(rows: Rows) -> dict[str, float]:
    """The change over mask ratios over that over patch sizes, the median of each reading.

    Readings: `spread`, and each normalisation of the entropy.
    """
    ratios: dict[object, list[float]] = {}
    for group in settings(rows, GRID).values():
        level = cells(group, *GRID)
        over_patches, over_masks = ranges(np.array(list(level.values())), list(level))
        if over_patches > 0:
            name = group[0].get("normalised") or group[0]["measure"]
            ratios.setdefault(name, []).append(float(over_masks / over_patches))
    return {f"mask_over_patch_change_{name}_median": median(r) for name, r in ratios.items()}


def _compared(rows: Rows) -> str:
    if not rows:
        return ""
    return (
        f"Much weaker: at most {MUCH_WEAKER:g} of the change over patch sizes, which must itself "
        f"be {PERCENT(CHANGED.least)} ({CHANGED.why}). Compared: patch sizes "
        f"{values(rows, 'patch')}, mask ratios {values(rows, 'mask')}. {DISTANT} {BOUND}"
    )
