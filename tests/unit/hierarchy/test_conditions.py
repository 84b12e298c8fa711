import itertools
from dataclasses import replace

import pytest

from spatial_mae.hierarchy.algorithms import SharedInformation, least_visible_noises, locate
from spatial_mae.hierarchy.builders import figure_4, tree
from spatial_mae.hierarchy.conditions import check_conditions, determined, minimal_sets
from spatial_mae.hierarchy.graph import LatentGraph, noise_of
from spatial_mae.hierarchy.separation import d_separated

# The smallest graph in which C does not d-separate, though it determines all that is shared.
NESTED = LatentGraph(
    {"z1": (), "z2": ("z1",), "x1": ("z1", "z2"), "x2": ("z1", "z2")}, ("x1", "x2")
)


@pytest.mark.parametrize("printed", [True, False])
def test_the_conditions_hold_for_every_graph_and_mask(graphs, printed, all_masks):
    for graph in graphs:
        for hidden in all_masks(graph)[:60]:
            located = locate(graph, hidden)
            if not printed:
                least = least_visible_noises(graph, hidden, located.shared)
                located = replace(located, visible_noises=least)
            assert check_conditions(graph, hidden, located).all_hold, (graph, hidden)


def test_c_is_the_only_least_set_on_random_graphs(all_masks, random_graphs):
    for graph in [figure_4(), tree(2, 2), *random_graphs(25, n_latents=5, n_observables=4)]:
        for hidden in all_masks(graph):
            assert minimal_sets(graph, hidden) == [locate(graph, hidden).shared], (graph, hidden)


def subsets(names):
    names = sorted(names)
    return [frozenset(s) for n in range(len(names) + 1) for s in itertools.combinations(names, n)]


def test_no_other_noises_serve_than_those_the_search_takes():
    """Of all c, s_m and s_mc of a small graph, those that fit with the least c are found."""
    for graph, hidden in [(NESTED, ["x1"]), (tree(2, 2), ["x0"])]:
        noises = [noise_of(v) for v in graph.parents]
        fitting = {
            (shared, ours)
            for shared in subsets(graph.latents)
            for ours in subsets(noises)
            for theirs in [least_visible_noises(graph, hidden, shared)]
            if check_conditions(graph, hidden, SharedInformation(shared, ours, theirs)).all_hold
        }
        located = locate(graph, hidden)
        least = min(sum(map(graph.dimension, shared)) for shared, _ in fitting)
        assert [pair for pair in fitting if sum(map(graph.dimension, pair[0])) == least] == [
            (located.shared, located.hidden_noises)
        ]


def test_ordinary_separation_given_c_alone_is_not_enough():
    assert locate(NESTED, ["x1"]).shared == {"z2"}
    assert not d_separated(NESTED.parents, ["x1"], ["x2"], ["z2"])
    assert determined(NESTED, ["z2"]) == {"z1", "z2", "noise of z1", "noise of z2"}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"shared": frozenset(["z2.0"])}, "hidden"),
        ({"hidden_noises": frozenset()}, "hidden"),
        ({"visible_noises": frozenset()}, "visible"),
        ({"hidden_noises": frozenset(map(noise_of, ["x0", "z1.0"]))}, "independent"),
        ({"shared": frozenset()}, "nothing_else"),
    ],
)
def test_a_wrong_answer_breaks_a_condition(change, broken):
    graph, hidden = tree(2, 2), ["x0"]
    located = locate(graph, hidden)
    assert not getattr(check_conditions(graph, hidden, replace(located, **change)), broken)


def test_a_variable_is_determined_from_below_and_from_above():
    graph = tree(2, 2)
    assert {"z2.0", "z1.0", "noise of x0"} < determined(graph, ["x0"])
    assert "x0" in determined(graph, ["z1.0", "noise of x0"])
    assert "x1" not in determined(graph, ["z1.0", "noise of x0"])


def test_without_noises_c_is_neither_least_nor_unique():
    """z2 and z3 copy z1: C = {z2, z3}, but z1 alone serves, as do z2 alone and z3 alone."""
    copies = LatentGraph(
        {"z1": (), "z2": ("z1",), "z3": ("z1",), "x1": ("z2", "z3"), "x2": ("z2", "z3")},
        ("x1", "x2"),
        noiseless=frozenset(["z2", "z3"]),
    )
    assert locate(copies, ["x1"]).shared == {"z2", "z3"}
    assert set(minimal_sets(copies, ["x1"])) == {frozenset([z]) for z in ("z1", "z2", "z3")}


def test_too_many_latents_are_not_searched():
    with pytest.raises(ValueError, match="at most 12"):
        minimal_sets(tree(2, 4), ["x0"])
