import itertools

import networkx
import numpy as np
import pytest

from spatial_mae.hierarchy.separation import d_separated


def oracle(parents, ours, theirs, given):
    graph = networkx.DiGraph([(p, v) for v, names in parents.items() for p in names])
    graph.add_nodes_from(parents)
    return networkx.is_d_separator(graph, set(ours), set(theirs), set(given))


def random_parents(seed, n=7):
    draws = np.random.default_rng(seed).random((n, n))
    return {str(i): {str(j) for j in range(i) if draws[i, j] < 0.35} for i in range(n)}


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_networkx_on_random_graphs(seed):
    parents = random_parents(seed)
    rng = np.random.default_rng(seed)
    answers = []
    for _ in range(100):
        parts = rng.integers(0, 4, size=len(parents))
        ours, theirs, given = (
            [v for v, p in zip(parents, parts, strict=True) if p == k] for k in range(3)
        )
        if ours and theirs:
            answers.append(d_separated(parents, ours, theirs, given))
            assert answers[-1] == oracle(parents, ours, theirs, given)
    assert {True, False} == set(answers)


def test_a_collider_opens_when_it_or_what_is_below_is_given():
    parents = {"a": (), "b": (), "c": ("a", "b"), "d": ("c",)}
    assert d_separated(parents, "a", "b")
    assert not any(d_separated(parents, "a", "b", given) for given in ("c", "d"))


def test_a_variable_is_not_separated_from_itself():
    parents = {"a": (), "b": ()}
    assert not d_separated(parents, "ab", "b") and d_separated(parents, "a", "b")


def test_empty_sets_are_separated():
    assert all(d_separated({"a": ()}, *pair) for pair in itertools.product(["", "a"], [""]))
