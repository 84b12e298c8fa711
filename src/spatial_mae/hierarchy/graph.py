"""Hierarchical latent variable models: latents z above observables x (Kong et al. 2023, Sec. 2.1).

Every variable is an invertible function of its parents and of its own noise (Assumption 1).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

import numpy as np

NOISE = "noise of "


@dataclass(frozen=True)
class LatentGraph:
    """A directed acyclic graph whose leaves are the observables.

    parents: every variable -> its parents; a variable without parents has the empty tuple.
    observables: the pixels, in the order of a mask's columns.
    noiseless: variables without their own noise. The paper gives every variable one.

    Raises ValueError, with the variable at fault, for an unknown variable, a cycle, an observable
    with children, fewer than two observables, or a latent with no observable below it.
    """

    parents: Mapping[str, tuple[str, ...]]
    observables: tuple[str, ...]
    noiseless: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _check_names(self)
        if len(self.observables) < 2:
            raise ValueError(
                f"{len(self.observables)} observables: a mask hides some and shows some, so that "
                "at least 2 are needed"
            )
        for child, parents in self.parents.items():
            if wrong := [p for p in parents if p in self.observables]:
                raise ValueError(
                    f"observable {wrong[0]!r} has the child {child!r}; observables are leaves: "
                    "put a latent above both"
                )
        try:
            barren = [z for z in self.latents if not self.leaves_below[z]]
        except CycleError as error:
            raise ValueError(f"a cycle, {' -> '.join(error.args[1])}: remove one edge") from None
        if barren:
            raise ValueError(
                f"latent {barren[0]!r} has no observable below it: no mask can reveal it; "
                "remove it or give it a child"
            )

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All variables, parents before children."""
        return tuple(TopologicalSorter(self.parents).static_order())

    @cached_property
    def latents(self) -> tuple[str, ...]:
        """The latents, parents before children: the columns of `LevelArrays`."""
        observed = set(self.observables)
        return tuple(v for v in self.order if v not in observed)

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        children: dict[str, list[str]] = {v: [] for v in self.parents}
        for child, parents in self.parents.items():
            for parent in parents:
                children[parent].append(child)
        return {v: tuple(names) for v, names in children.items()}

    @cached_property
    def ancestors(self) -> dict[str, frozenset[str]]:
        """Of each variable, the variables above it; itself is not among them."""
        found: dict[str, frozenset[str]] = {}
        for v in self.order:
            found[v] = frozenset().union(*({p} | found[p] for p in self.parents[v]))
        return found

    @cached_property
    def leaves_below(self) -> dict[str, frozenset[str]]:
        """Of each variable, the observables below it; of an observable, itself."""
        found: dict[str, frozenset[str]] = {x: frozenset([x]) for x in self.observables}
        for v in self.latents[::-1]:
            found[v] = frozenset().union(*(found[c] for c in self.children[v]))
        return found

    @cached_property
    def level(self) -> dict[str, int]:
        """Level of each variable: the edges of its longest path down to an observable, 0 there."""
        found = dict.fromkeys(self.observables, 0)
        for v in self.latents[::-1]:
            found[v] = 1 + max(found[c] for c in self.children[v])
        return found

    def dimension(self, variable: str) -> int:
        """Coordinates a variable holds if every noise has one: its own noise and all above it.

        An invertible g loses nothing, so that dimensions grow along directed paths.
        """
        return len((self.ancestors[variable] | {variable}) - self.noiseless)

    def locate_parents(self, variable: str) -> frozenset[str]:
        """Parents of a variable, its noise included: LocateParents of Algorithms 1 and 2."""
        noise = set() if variable in self.noiseless else {noise_of(variable)}
        return frozenset(self.parents[variable]) | noise

    @cached_property
    def parents_with_noises(self) -> dict[str, frozenset[str]]:
        """The graph with the noises as separate variables, for d-separation."""
        noises = {noise_of(v): frozenset() for v in self.parents if v not in self.noiseless}
        return {v: self.locate_parents(v) for v in self.parents} | noises

    def split(self, hidden: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
        """(hidden, visible) observables.

        Raises ValueError for a name that is no observable, and if all or none are hidden.
        """
        if unknown := sorted(set(hidden) - set(self.observables)):
            raise ValueError(
                f"{unknown[0]!r} is no observable; a mask hides some of: "
                f"{', '.join(self.observables)}"
            )
        visible = frozenset(self.observables) - frozenset(hidden)
        if not hidden or not visible:
            raise ValueError(
                f"the mask hides {'all' if hidden else 'none'} of the {len(self.observables)} "
                "observables; hide at least one and leave at least one visible"
            )
        return frozenset(hidden), visible

    def hidden_names(self, mask: np.ndarray) -> frozenset[str]:
        """The hidden observables of a mask, bool of shape (n_observables,), True = hidden."""
        return frozenset(x for x, hides in zip(self.observables, mask, strict=True) if hides)


def noise_of(variable: str) -> str:
    """The name of a variable's noise (the paper's epsilon)."""
    return NOISE + variable


def _check_names(graph: LatentGraph) -> None:
    known = set(graph.parents)
    used = {p: child for child, parents in graph.parents.items() for p in parents}
    for name, where in [*used.items(), *((x, "observables") for x in graph.observables)]:
        if name not in known:
            raise ValueError(
                f"{name!r} (in {where}) is not in the graph; known: {', '.join(sorted(known))}"
            )
    if len(set(graph.observables)) < len(graph.observables):
        raise ValueError(f"an observable is named twice in {', '.join(graph.observables)}")
    if wrong := sorted(graph.noiseless - known):
        raise ValueError(f"noiseless {wrong[0]!r} is not in the graph")
