"""Levels of what masks share in trees of 256 leaves, compared with Algorithm 1 mask by mask."""

import numpy as np

from benchmarks.timing import median, peak_memory, race, ratio
from spatial_mae.hierarchy.algorithms import locate_shared
from spatial_mae.hierarchy.builders import tree
from spatial_mae.hierarchy.graph import LatentGraph
from spatial_mae.hierarchy.levels import LevelArrays, measure_levels
from spatial_mae.hierarchy.masks import MaskLaw
from spatial_mae.hierarchy.tree_levels import UnitTree, expected_levels

TREES = {"binary": (2, 8), "quaternary": (4, 4)}
MASK_RATIOS = tuple(round(0.1 * i, 1) for i in range(1, 10))
UNIT_LEVELS = (0, 1, 2, 3)


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    n_masks, rounds = (20, 3) if quick else (200, 3)
    many = 200 if quick else 2000
    title = f"9 mask ratios x 4 unit sizes; {many} masks each, the alternative on {n_masks} of them"
    rows = [_row(name, *size, n_masks, many, rounds) for name, size in TREES.items()]
    return [(title, rows), ("peak memory", _memory(2_000 if quick else 100_000))]


def one_by_one(graph: LatentGraph, masks: np.ndarray) -> np.ndarray:
    """Mean level of C by Algorithm 1 as it is written, (n_masks,)."""
    located = (locate_shared(graph, graph.hidden_names(mask))[0] for mask in masks)
    return np.array([np.mean([graph.level[z] for z in shared]) for shared in located])


def _row(name: str, arity: int, depth: int, n_masks: int, many: int, rounds: int) -> dict:
    graph = tree(arity, depth)
    arrays, rng = LevelArrays.of(graph), np.random.default_rng(0)
    laws = [MaskLaw("exact", (256,), arity**k, m) for k in UNIT_LEVELS for m in MASK_RATIOS]
    drawn = [law.sample(rng, many) for law in laws]
    found: dict[str, list] = {}

    def keep(contender, values):
        found[contender] = values

    contenders = {
        "one by one": lambda: keep("slow", [one_by_one(graph, m[:n_masks]) for m in drawn]),
        "all at once": lambda: keep("fast", [measure_levels(arrays, m)["mean"] for m in drawn]),
        "drawing the masks": lambda: [law.sample(rng, many) for law in laws],
        "formula": lambda: [expected_levels(UnitTree(arity, depth, k)) for k in UNIT_LEVELS],
    }
    seconds = race(contenders, rounds)
    scale = many / n_masks
    pairs = zip(found["slow"], found["fast"], strict=True)
    return {
        "tree": name,
        "Algorithm 1 mask by mask, s": scale * median(seconds["one by one"]),
        "all masks at once, s": median(seconds["all at once"]),
        "ratio": scale * ratio(seconds, "one by one", "all at once"),
        "drawing the masks, s": median(seconds["drawing the masks"]),
        "formula, no masks, s": median(seconds["formula"]),
        "largest gap": max(np.abs(slow - fast[:n_masks]).max() for slow, fast in pairs),
    }


def _memory(many: int) -> list[dict]:
    baseline = """
import numpy
from benchmarks.hierarchy_levels import one_by_one
from spatial_mae.hierarchy.builders import tree
from spatial_mae.hierarchy.levels import LevelArrays, measure_levels
graph = tree(2, 8)
masks = numpy.random.default_rng(0).integers(2, size=(NUMBER, 256), dtype=bool)
""".replace("NUMBER", str(many))
    codes = {
        "Algorithm 1 on 20 masks": "one_by_one(graph, masks[:20])",
        f"all {many} masks at once": "measure_levels(LevelArrays.of(graph), masks)",
    }
    return [
        {"contender": name, "MB over the masks": peak_memory(code, baseline) / 1e6}
        for name, code in codes.items()
    ]
