"""What a mask makes of each noise of a hierarchy: shared, proper to the hidden part, or visible."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_mae.hierarchy.algorithms import least_visible_noises, locate_shared, noises_above
from spatial_mae.hierarchy.graph import LatentGraph, noise_of

ROLES = ("shared", "hidden", "visible")


@dataclass(frozen=True)
class Coordinates:
    """The role and level of each coordinate of the latents under one mask: (k,) both.

    shared: noises that c of Theorem 1 determines. hidden: s_m. visible: the smallest s_mc. In a
    tree each noise has one of these roles. level: of the variable, 0 for the patches.
    """

    roles: np.ndarray
    levels: np.ndarray

    def of(self, role: str, level: int | None = None) -> np.ndarray:
        """Which coordinates have a role (and a level): bool (k,)."""
        chosen = self.roles == role
        return chosen if level is None else chosen & (self.levels == level)


def coordinates(graph: LatentGraph, names: Sequence[str], mask: np.ndarray) -> Coordinates:
    """names: the variable each coordinate is the noise of. mask: bool (n_observables,), hidden.

    Raises ValueError for a mask that hides all or nothing, or a name that is not in the graph.
    """
    if unknown := sorted(set(names) - set(graph.parents)):
        raise ValueError(
            f"{unknown[0]!r} is no variable of the tree of {len(graph.parents)} variables"
        )
    hidden = graph.hidden_names(mask)
    shared, hidden_noises = locate_shared(graph, hidden)
    noises = {
        "shared": noises_above(graph, shared),
        "hidden": hidden_noises,
        "visible": least_visible_noises(graph, hidden, shared),
    }
    role_of = {noise: role for role in ROLES[::-1] for noise in noises[role]}
    return Coordinates(
        np.array([role_of[noise_of(name)] for name in names]),
        np.array([graph.level[name] for name in names]),
    )
