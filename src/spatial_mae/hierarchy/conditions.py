"""The conditions of Theorem 1 of Kong et al. (2023), checked, and the least c by exhaustion.

Because every g is invertible, a variable determines all variables and noises above it. Ordinary
d-separation does not know this: with z1 above z2 and both above x1 and x2, Algorithm 1 answers
c = {z2}, and given z2 the path x1 <- z1 -> x2 is open to d-separation, though z2 determines z1.
So "x_m and x_mc share nothing but c" is d-separation given all that c determines.
"""

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from spatial_mae.hierarchy.algorithms import SharedInformation, least_visible_noises, noises_above
from spatial_mae.hierarchy.graph import LatentGraph
from spatial_mae.hierarchy.separation import d_separated

MOST_LATENTS = 12


@dataclass(frozen=True)
class Conditions:
    """Which conditions of Theorem 1 hold for one graph, mask and (c, s_m, s_mc).

    hidden: x_m and (c, s_m) determine each other. visible: x_mc and (c, s_mc) do. (Condition 1.)
    independent: s_m and (c, s_mc) are d-separated. (Condition 2.)
    nothing_else: x_m and x_mc are d-separated given all that c determines. It follows from the
    others and is checked on its own.
    """

    hidden: bool
    visible: bool
    independent: bool
    nothing_else: bool

    @property
    def all_hold(self) -> bool:
        return self.hidden and self.visible and self.independent and self.nothing_else


def check_conditions(
    graph: LatentGraph, hidden: Collection[str], located: SharedInformation
) -> Conditions:
    """Check Conditions 1 and 2. Raises ValueError for a mask that hides all or nothing."""
    hidden, visible = graph.split(hidden)
    shared, ours, theirs = located.shared, located.hidden_noises, located.visible_noises
    parents = graph.parents_with_noises
    return Conditions(
        hidden=_equivalent(graph, hidden, shared | ours),
        visible=_equivalent(graph, visible, shared | theirs),
        independent=d_separated(parents, ours, shared | theirs),
        nothing_else=d_separated(parents, hidden, visible, determined(graph, shared)),
    )


def determined(graph: LatentGraph, known: Iterable[str]) -> frozenset[str]:
    """All variables and noises that some of them determine, themselves included.

    A variable determines its parents and its noise (g is invertible), and these determine it.
    """
    parents = graph.parents_with_noises
    found: set[str] = set()
    front = set(known)
    while front:
        found |= front
        above = {p for v in front for p in parents[v]}
        below = {v for v in graph.parents if parents[v] and parents[v] <= found}
        front = (above | below) - found
    return frozenset(found)


def minimal_sets(graph: LatentGraph, hidden: Collection[str]) -> list[frozenset[str]]:
    """Every set of latents of least dimension that meets Conditions 1 and 2, by trying all sets.

    For a given c no s_m and s_mc need be searched. A noise is determined by its variable, by a
    variable below, or by itself: s_m must hold the noises of x_m that c does not determine, and
    no other, since a noise that c determines is not independent of c; and the smaller s_mc, the
    easier Condition 2. The dimension of a set is the sum of its variables'.

    Raises ValueError beyond 12 latents, 4,096 sets.
    """
    if len(graph.latents) > MOST_LATENTS:
        raise ValueError(
            f"{len(graph.latents)} latents have 2^{len(graph.latents)} sets; "
            f"search graphs of at most {MOST_LATENTS} latents"
        )
    hidden, _ = graph.split(hidden)
    sizes = range(len(graph.latents) + 1)
    sets = [frozenset(s) for n in sizes for s in itertools.combinations(graph.latents, n)]
    fitting: list[frozenset[str]] = []
    least = None
    for shared in sorted(sets, key=lambda s: _dimension(graph, s)):
        if least is not None and _dimension(graph, shared) > least:
            break
        noises = noises_above(graph, hidden) - noises_above(graph, shared)
        visible_noises = least_visible_noises(graph, hidden, shared)
        located = SharedInformation(shared, noises, visible_noises)
        if check_conditions(graph, hidden, located).all_hold:
            least = _dimension(graph, shared)
            fitting.append(shared)
    return fitting


def _equivalent(graph: LatentGraph, ours: frozenset[str], theirs: frozenset[str]) -> bool:
    return theirs <= determined(graph, ours) and ours <= determined(graph, theirs)


def _dimension(graph: LatentGraph, variables: Iterable[str]) -> int:
    return sum(graph.dimension(v) for v in variables)
