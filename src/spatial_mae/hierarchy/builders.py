"""Graphs to study: trees, quad-trees of images, random graphs, and those of Kong et al. (2023).

The text of the paper keeps the variables of its Figs. 2 and 4 but not their edges: ours are chosen
so that everything it says of the figures is true of them.
"""

import itertools

import numpy as np

from spatial_mae.hierarchy.graph import LatentGraph

FIGURE_2 = {
    "z1": "z3 z4",
    "z2": "z4 z5",
    "z3": "z6 z7",
    "z4": "z7 z8 z9",
    "z5": "z9 z10",
    "z6": "x1 x2",
    "z7": "x3 x4",
    "z8": "x5 x6 x7",
    "z9": "x8 x9",
    "z10": "x10 x11",
}
FIGURE_4 = {
    "z1": "z3 z4 z5",
    "z2": "z4 z5 z6",
    "z3": "x1 x2",
    "z4": "x3",
    "z5": "x4",
    "z6": "x5 x6",
}
# The hidden observables: too few, too many, and whole branches of the high-level variables.
FIGURE_4_MASKS = {
    "conservative": ("x1",),
    "aggressive": ("x1", "x2", "x3", "x4", "x5"),
    "ideal": ("x1", "x2", "x5", "x6"),
}


def figure_2() -> LatentGraph:
    """Fig. 2: 10 latents on three levels above 11 pixels."""
    return _from_children(FIGURE_2)


def figure_4() -> LatentGraph:
    """Fig. 4: 6 latents on two levels above 6 pixels."""
    return _from_children(FIGURE_4)


def tree(arity: int, depth: int) -> LatentGraph:
    """A full tree: arity^depth leaves in a row, a latent above each `arity` neighbours.

    Raises ValueError for an arity below 2, a depth below 1, or more than 2^14 leaves.
    """
    _check_size(arity, depth)
    parents: dict[str, tuple[str, ...]] = {_tree_name(depth, 0): ()}
    for level in range(depth - 1, -1, -1):
        for i in range(arity ** (depth - level)):
            parents[_tree_name(level, i)] = (_tree_name(level + 1, i // arity),)
    return LatentGraph(parents, tuple(_tree_name(0, i) for i in range(arity**depth)))


def quad_tree(depth: int) -> LatentGraph:
    """A tree over an image of side 2^depth: a latent above each 2 x 2 square of the level below.

    The observables are the pixels, row by row. Raises ValueError as `tree` does, with arity 4.
    """
    _check_size(4, depth)
    parents: dict[str, tuple[str, ...]] = {square_name(depth, 0, 0): ()}
    for level in range(depth - 1, -1, -1):
        side = 2 ** (depth - level)
        for i, j in itertools.product(range(side), repeat=2):
            parents[square_name(level, i, j)] = (square_name(level + 1, i // 2, j // 2),)
    side = 2**depth
    pixels = tuple(square_name(0, i, j) for i, j in itertools.product(range(side), repeat=2))
    return LatentGraph(parents, pixels)


def random_graph(
    rng: np.random.Generator, n_latents: int, n_observables: int, max_parents: int
) -> LatentGraph:
    """A random graph with shared parents, edges that skip levels, and maybe several roots.

    Each latent but the first has 0 to `max_parents` parents among the latents before it, each
    observable 1 to `max_parents`; latents left without an observable below are dropped.

    Raises ValueError if a number is below 1, or with fewer than two observables.
    """
    if min(n_latents, n_observables - 1, max_parents) < 1:
        raise ValueError(
            f"{n_latents} latents, {n_observables} observables, at most {max_parents} parents: "
            "at least 1, 2 and 1 are needed"
        )
    latents = [f"z{i + 1}" for i in range(n_latents)]
    pixels = tuple(f"x{i + 1}" for i in range(n_observables))
    parents = {z: _draw(rng, latents[:i], 0, max_parents) for i, z in enumerate(latents)}
    parents |= {x: _draw(rng, latents, 1, max_parents) for x in pixels}
    fruitful = set(pixels)
    for z in reversed(latents):
        if any(z in parents[v] for v in fruitful):
            fruitful.add(z)
    return LatentGraph({v: p for v, p in parents.items() if v in fruitful}, pixels)


def _draw(rng: np.random.Generator, among: list[str], least: int, most: int) -> tuple[str, ...]:
    count = min(int(rng.integers(least, most + 1)), len(among))
    return tuple(str(v) for v in rng.choice(among, count, replace=False)) if count else ()


def _from_children(children: dict[str, str]) -> LatentGraph:
    edges = [(z, child) for z, names in children.items() for child in names.split()]
    variables = dict.fromkeys([*children, *(child for _, child in edges)])
    parents = {v: tuple(z for z, child in edges if child == v) for v in variables}
    return LatentGraph(parents, tuple(v for v in variables if v.startswith("x")))


def _tree_name(level: int, i: int) -> str:
    return f"x{i}" if level == 0 else f"z{level}.{i}"


def square_name(level: int, i: int, j: int) -> str:
    """The variable of `quad_tree` in row i and column j of a level."""
    return f"x{i}.{j}" if level == 0 else f"z{level}.{i}.{j}"


def _check_size(arity: int, depth: int) -> None:
    if arity < 2 or depth < 1 or arity**depth > 2**14:
        raise ValueError(
            f"a tree of arity {arity} and depth {depth}: choose an arity of at least 2 and a depth "
            "of at least 1 with at most 2^14 leaves"
        )
