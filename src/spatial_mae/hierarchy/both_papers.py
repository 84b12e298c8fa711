"""Both papers' quantities of one trained network: its spatial scale, and the level of its latents.

Bisulco et al. (2025) describe what a masked autoencoder learns by its spatial scale, the spread of
the reconstruction's Jacobian in pixels. Kong et al. (2023) describe it by the level of the latents
that the hidden and the visible part share, and read the level off reconstructions, attention and
probes. Both say that mask ratio and mask unit set it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Annotated

from scipy.stats import kendalltau

from spatial_mae.files import Row
from spatial_mae.hierarchy.masks import MaskLaw
from spatial_mae.hierarchy.tree_levels import UnitTree, expected_at, expected_levels
from spatial_mae.study.keys import Length, Two
from spatial_mae.study.measured.columns import SCALE

READINGS = ("lowest", "mean", "highest")
TOLERANCE = 0.01  # numbers nearer to each other are one
# Conventions of a Jacobian's table, of which the first is taken.
CONVENTIONS = ("outputs", "power", "channels", "base", "normalised")


@dataclass(frozen=True)
class BothPapersRecipe:
    """Which measurements of a run are set side by side."""

    jacobian: str = "default"
    """Recipe of that family whose table is read."""
    inspection: str = "default"
    """Recipe of that family whose tables are read."""
    evaluation: str = "default"
    """Recipe of that family whose table is read."""
    arities: Annotated[tuple[Two, ...], Length(1)] = (4, 2)
    """Of the trees of latents above the mask units: 4, a latent above 2 x 2 regions; 2, above two
    halves, along one axis and the other in turn."""


def expected_level_rows(
    arities: Sequence[int],
    shape: tuple[int, int],
    unit_pixels: int,
    mask_ratio: float,
    sampling: str,
) -> list[Row]:
    """Level of what hidden and visible part share, expected over the masks that training drew.

    The tree is above the image, its leaves are the mask units. A level is given as the number
    of doublings of a side: below a latent of level l are as many pixels as in a square of side 2^l.

    Parameters: shape of the image in pixels; sampling: `exact` or `bernoulli`. Rows: measure
    `level_{reading}`, source `arity {arity}`, value.
    Raises ValueError if the number of mask units is no power of an arity, or over 1,024.
    """
    law = MaskLaw(sampling, shape, unit_pixels, mask_ratio)
    rows = []
    for arity in arities:
        found = expected_levels(UnitTree(arity, _tree_depth(arity, law), 0))
        for name in READINGS:
            above = expected_at(found[name], sampling, mask_ratio, law.n_hidden)
            level = math.log2(unit_pixels) + above * math.log2(arity) / 2
            rows.append({"measure": f"level_{name}", "source": f"arity {arity}", "value": level})
    return rows


def _tree_depth(arity: int, law: MaskLaw) -> int:
    depth = round(math.log(law.n_units, arity)) if arity > 1 else 0
    if depth < 1 or arity**depth != law.n_units:
        raise ValueError(
            f"{law.n_units} mask units are no power of {arity}: a tree of this arity does not fit "
            "above them; leave it out of `arities` in the recipe"
        )
    return depth


def measured_rows(tables: Mapping[str, Sequence[Row]], n_blocks: int) -> list[Row]:
    """What was measured of a run, before training and after it.

    tables: its tables of the kinds jacobian, unmasked, attention, embedding and evaluation; those
    that a recipe leaves empty give nothing. n_blocks: blocks of the encoder. Rows: paper, measure,
    source (`network`, `untrained`, `linear` or `uniform`), value, standard_error.
    """
    ours = [row for row in tables["evaluation"] if not row.get("label")]  # probes of the class
    probes = [row for row in ours if row["protocol"] == "linear_probe"]
    separate = {("silhouette", "pca"): "silhouette", ("knn_accuracy", "pca"): "knn"}
    return [
        *_of_jacobian(tables["jacobian"]),
        *_of_attention(tables["attention"], n_blocks),
        *_timed(tables["unmasked"], {("ssim", None): "ssim", ("fsim", None): "fsim"}),
        *_timed(tables["embedding"], separate, "space"),
        *_timed(probes, {("accuracy", "mean"): "probe"}, "representation"),
    ]


def _of_jacobian(rows: Sequence[Row]) -> list[Row]:
    first: dict[str, tuple] = {}
    found = []
    for row in rows:
        conventions = tuple(row[name] for name in CONVENTIONS)
        if conventions == first.setdefault(row["measure"], conventions):
            found.append(_row("bisulco", row["measure"], row["source"], row))
    return found


def _of_attention(rows: Sequence[Row], n_blocks: int) -> list[Row]:
    """Mean distance of what a patch attends to, in the last block, over heads and patches."""
    wanted = {"query": "patches", "metric": "distance", "block": n_blocks, "head": None}
    rows = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    found = _timed(rows, {("distance", None): "attention_distance"})
    even = [
        _row("kong", "attention_distance", "uniform", row | {"value": row["uniform"]})
        for row in rows[-1:]
    ]
    return found + [row | {"standard_error": None} for row in even]


def _timed(rows: Sequence[Row], names: Mapping[tuple, str], column: str | None = None) -> list[Row]:
    """The rows of the named metrics (and value of `column`) at the first and the last epoch."""
    found = []
    for row in rows:
        measure = names.get((row["metric"], row[column] if column else None))
        source = {0: "untrained", row["epochs"]: "network"}.get(row["epoch"])
        if measure and source:
            found.append(_row("kong", measure, source, row))
    return found


def _row(paper: str, measure: str, source: str, row: Row) -> Row:
    named = {"paper": paper, "measure": measure, "source": source, "value": row["value"]}
    kept = {name: row[name] for name in SCALE if name in row}
    return named | {"standard_error": row.get("standard_error")} | kept


def rank_agreement(
    first: Mapping[object, float], second: Mapping[object, float]
) -> tuple[float | None, int]:
    """Kendall's tau-b between two measures over the settings both have, and how many these are.

    1: every pair of settings is ranked alike; -1: every pair the other way round. None where a
    measure varies by no more than 1%, or fewer than three settings are shared.
    """
    shared = [key for key in first if key in second]
    measures = [[measure[key] for key in shared] for measure in (first, second)]
    if len(shared) < 3 or any(map(_flat, measures)):
        return None, len(shared)
    return float(kendalltau(*measures).statistic), len(shared)


def course(curve: Mapping[float, float]) -> str:
    """How a curve runs: `flat`, `rising`, `falling`, `peak at x`, `trough at x`, or `mixed`.

    Neighbours within 1% of each other are level, unless all are; a peak or trough is a single
    inner turn.
    """
    places = sorted(curve)
    values = [curve[place] for place in places]
    if _flat(values):
        return "flat"
    signs = _signs(pair for pair in pairwise(values) if not _flat(pair)) or _signs(pairwise(values))
    if len(signs) == 1:
        return "rising" if signs[0] > 0 else "falling"
    if len(signs) > 2:
        return "mixed"
    turn = max if signs[0] > 0 else min
    return f"{'peak' if signs[0] > 0 else 'trough'} at {turn(places, key=curve.get):g}"


def _signs(steps: Iterable[tuple[float, float]]) -> list[float]:
    """Of the steps up or down, each run of equal ones once."""
    return [sign for sign, _ in groupby(math.copysign(1, b - a) for a, b in steps if a != b)]


def _flat(values: Sequence[float]) -> bool:
    return max(values) - min(values) <= TOLERANCE * max(map(abs, values))
