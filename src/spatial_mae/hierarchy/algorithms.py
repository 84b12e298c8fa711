"""Algorithms 1 and 2 of Kong et al. (2023): what a mask's hidden and visible parts share.

What Algorithm 1 returns can be said in one line: of the variables above both a hidden and a visible
observable, C holds those with no other such variable below. Hidden and visible enter alike, so
that a mask and its complement share the same C.

Two things to know of the algorithms as printed:

- Algorithm 2 never empties its list P' of variables to visit, and does not end once a visible
  observable has a parent outside C. Here P' starts empty in every turn, the evident intention.
- Its result holds more than needed: noises that C determines already, and, where a variable has
  two parents in C, members of C. `least_visible_noises` gives the smallest instance, which unlike
  the printed one is independent of C.
"""

from collections.abc import Collection
from dataclasses import dataclass

from spatial_mae.hierarchy.graph import NOISE, LatentGraph, noise_of


@dataclass(frozen=True)
class SharedInformation:
    """What Theorem 1 locates for one mask.

    shared: the set C of latents, the paper's c. hidden_noises: S_m, what is proper to the hidden
    part. visible_noises: S_mc, what Algorithm 2 returns for the visible part.
    """

    shared: frozenset[str]
    hidden_noises: frozenset[str]
    visible_noises: frozenset[str]


def locate(graph: LatentGraph, hidden: Collection[str]) -> SharedInformation:
    """Algorithms 1 and 2 for one mask. Raises ValueError if it hides all, nothing or a stranger."""
    shared, hidden_noises = locate_shared(graph, hidden)
    return SharedInformation(shared, hidden_noises, locate_visible(graph, hidden, shared))


def locate_shared(
    graph: LatentGraph, hidden: Collection[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Algorithm 1: (C, S_m), by going up from every hidden observable."""
    hidden, visible = graph.split(hidden)
    above_visible = frozenset().union(*(graph.ancestors[x] for x in visible))
    selected: set[str] = set()
    noises: set[str] = set()
    for x in sorted(hidden):
        to_visit = {x}
        while to_visit:
            found = frozenset().union(*(graph.locate_parents(v) for v in to_visit))
            noises |= {v for v in found if v.startswith(NOISE)}
            latents = found - noises
            selected |= latents & above_visible
            to_visit = latents - above_visible
    # Every member leads down to a visible observable: d' is on such a path iff d is above d'.
    above_others = {d for other in selected for d in graph.ancestors[other]}
    return frozenset(selected - above_others), frozenset(noises)


def locate_visible(
    graph: LatentGraph, hidden: Collection[str], shared: Collection[str]
) -> frozenset[str]:
    """Algorithm 2: S_mc, by going up from every visible observable until C is met."""
    _, visible = graph.split(hidden)
    found: set[str] = set()
    for x in sorted(visible):
        to_visit = {x}
        while to_visit:
            next_to_visit: set[str] = set()
            for p in to_visit:
                located = graph.locate_parents(p)
                for parent in located:
                    if parent.startswith(NOISE):
                        found.add(parent)
                    elif parent in shared:
                        found |= located - {parent}
                    else:
                        next_to_visit.add(parent)
            to_visit = next_to_visit
    return frozenset(found)


def least_visible_noises(
    graph: LatentGraph, hidden: Collection[str], shared: Collection[str]
) -> frozenset[str]:
    """The smallest S_mc: noises of the visible part that C does not determine."""
    _, visible = graph.split(hidden)
    return noises_above(graph, visible) - noises_above(graph, shared)


def noises_above(graph: LatentGraph, variables: Collection[str]) -> frozenset[str]:
    """The noises of some variables and of all variables above them."""
    above = frozenset(variables).union(*(graph.ancestors[v] for v in variables))
    return frozenset(noise_of(v) for v in above - graph.noiseless)
