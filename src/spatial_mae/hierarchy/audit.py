"""Theorem 1 on graphs small enough for all masks and all sets of latents, and Fig. 4's cases."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from spatial_mae.files import Row
from spatial_mae.hierarchy.algorithms import least_visible_noises, locate, locate_shared
from spatial_mae.hierarchy.builders import FIGURE_4_MASKS, figure_4, random_graph, tree
from spatial_mae.hierarchy.conditions import MOST_LATENTS, check_conditions, minimal_sets
from spatial_mae.hierarchy.graph import LatentGraph
from spatial_mae.hierarchy.separation import d_separated
from spatial_mae.masks.sampling import enumerate_masks
from spatial_mae.study.keys import Count, Range
from spatial_mae.study.recipes import Checked


@dataclass(frozen=True)
class AuditRecipe(Checked):
    """Random graphs: how many, and the arguments of `random_graph`."""

    n_graphs: Count = 20
    """Random graphs next to Fig. 4 and two small trees."""
    n_latents: Annotated[int, Range(least=1, most=MOST_LATENTS)] = 6
    """Latents of a random graph."""
    n_observables: Annotated[int, Range(least=2, most=10)] = 6
    """Observables of a random graph."""
    max_parents: Count = 3
    """Most parents of a variable."""


def case_rows() -> list[Row]:
    """Fig. 4: one row for every case and variable.

    role: hidden, visible, shared (in C) or latent. position: mean place of the pixels below.
    """
    graph = figure_4()
    places = {x: i for i, x in enumerate(graph.observables)}
    rows: list[Row] = []
    for case, hidden in FIGURE_4_MASKS.items():
        shared = locate_shared(graph, hidden)[0]
        for v in (*graph.latents, *graph.observables):
            below = [places[x] for x in graph.leaves_below[v]]
            rows.append(
                {
                    "case": case,
                    "variable": v,
                    "level": graph.level[v],
                    "position": float(np.mean(below)),
                    "role": _role(graph, v, hidden, shared),
                    "parents": " ".join(graph.parents[v]),
                    "hidden_share": len(hidden) / len(graph.observables),
                }
            )
    return rows


def audit_rows(recipe: AuditRecipe, rng: np.random.Generator) -> list[Row]:
    """Of each graph, in how many of its masks each property holds.

    conditions: 1 and 2 of Theorem 1. least_and_unique: C is the one set of least dimension that
    meets them. complement: the complement shares the same C. separated_alone: ordinary
    d-separation given C alone. least_visible: Algorithm 2 returns no noise too many.
    """
    sizes = (recipe.n_latents, recipe.n_observables, recipe.max_parents)
    graphs = {"Fig. 4": figure_4(), "tree 2-2": tree(2, 2), "tree 3-1": tree(3, 1)}
    graphs |= {f"random {i + 1}": random_graph(rng, *sizes) for i in range(recipe.n_graphs)}
    return [_audit(name, graph) for name, graph in graphs.items()]


def _audit(name: str, graph: LatentGraph) -> Row:
    found = list(_properties(graph))
    return {
        "graph": name,
        "n_latents": len(graph.latents),
        "n_observables": len(graph.observables),
        "n_masks": len(found),
        **{key: sum(properties[key] for properties in found) for key in found[0]},
    }


def _properties(graph: LatentGraph) -> Iterator[dict[str, bool]]:
    for mask in enumerate_masks(len(graph.observables))[1:-1]:
        hidden, visible = graph.split(graph.hidden_names(mask))
        located = locate(graph, hidden)
        least = least_visible_noises(graph, hidden, located.shared)
        smaller = replace(located, visible_noises=least)
        yield {
            "conditions": all(
                check_conditions(graph, hidden, s).all_hold for s in (located, smaller)
            ),
            "least_and_unique": minimal_sets(graph, hidden) == [located.shared],
            "complement": locate_shared(graph, visible)[0] == located.shared,
            "separated_alone": d_separated(graph.parents, hidden, visible, located.shared),
            "least_visible": located.visible_noises == least,
        }


def _role(graph: LatentGraph, variable: str, hidden: tuple[str, ...], shared: frozenset) -> str:
    if variable in graph.observables:
        return "hidden" if variable in hidden else "visible"
    return "shared" if variable in shared else "latent"
