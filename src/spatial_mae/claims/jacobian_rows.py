"""Rows of the tables of Jacobians: which count, and the full grid of patches and mask ratios."""

from collections.abc import Iterable
from math import isfinite, nan
from statistics import median

from spatial_mae.tables.rows import Row, Rows
from spatial_mae.tables.runs import completed, once

GRID = ("patch", "mask")


def counted(rows: Rows) -> list[Row]:
    """Rows of completed runs, each measure of a run once.

    Of two measurements of one run that of more images counts. The power of |J| is the choice
    `exponent`. Divided by the entropy of all inputs alike, an entropy has no base: one row of each.
    """
    known = sorted(completed(rows), key=lambda row: -(row.get("n_images") or 0))
    return once([{**row, "exponent": row.get("power"), "base": _base(row)} for row in known])


def _base(row: Row) -> object:
    return row.get("base") if row.get("normalised") in (None, "no") else None


def number(value: object) -> float:
    """The number of a table's cell; NaN of an empty one."""
    return nan if value is None else float(value)


def median_of(name: str, rows: Rows) -> dict[str, float]:
    """The median value as evidence of that name; none where no row has one."""
    known = [row["value"] for row in rows if isfinite(number(row["value"]))]
    return {f"{name}_median": median(known)} if known else {}


def common_grid(rows: Rows) -> list[Row]:
    """Of one setting's rows the full grid of patch sizes, mask ratios and seeds with most networks.

    Two patch sizes and two mask ratios at least, all of them in every seed; empty without them.
    """
    masks: dict[tuple, frozenset] = {}
    for row in rows:
        if None in (row.get("patch"), row.get("mask")):
            continue
        place = (row.get("seed"), row["patch"])
        masks[place] = masks.get(place, frozenset()) | {row["mask"]}
    grids = [
        (patches, ratios, seeds)
        for ratios in _intersections(masks.values())
        for patches, seeds in _blocks([place for place in masks if ratios <= masks[place]])
        if min(len(patches), len(ratios)) > 1
    ]
    if not grids:
        return []
    patches, ratios, seeds = max(grids, key=_order)
    return [
        row
        for row in rows
        if row["patch"] in patches and row["mask"] in ratios and row.get("seed") in seeds
    ]


def _blocks(places: Iterable[tuple]) -> list[tuple[frozenset, frozenset]]:
    """Sets of patch sizes, and the seeds that have all of them. places: (seed, patch)."""
    patches: dict[object, frozenset] = {}
    for seed, patch in places:
        patches[seed] = patches.get(seed, frozenset()) | {patch}
    return [
        (shared, frozenset(seed for seed, own in patches.items() if shared <= own))
        for shared in _intersections(patches.values())
    ]


def _intersections(sets: Iterable[frozenset]) -> set[frozenset]:
    """The sets and all intersections of some of them."""
    found: set[frozenset] = set()
    for one in sets:
        found |= {one} | {one & other for other in found}
    return found


def _order(grid: tuple[frozenset, ...]) -> tuple:
    """By the number of networks; of two alike, more patch sizes and ratios rather than seeds."""
    patches, ratios, seeds = grid
    networks = len(patches) * len(ratios) * len(seeds)
    return (networks, -len(seeds), sorted(patches), sorted(ratios))
