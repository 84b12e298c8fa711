import numpy as np
import pytest

from spatial_mae.hierarchy.graph import LatentGraph


def graph(observables=("x1", "x2"), noiseless=(), **parents):
    parents = {v: tuple(names.split()) for v, names in parents.items()}
    return LatentGraph(parents, observables, frozenset(noiseless))


DIAMOND = {"z1": "", "z2": "z1", "z3": "z1", "x1": "z2 z3", "x2": "z3", "x3": "z1"}


def test_ancestors_levels_and_dimensions_of_a_diamond():
    diamond = graph(("x1", "x2", "x3"), **DIAMOND)
    assert diamond.ancestors["x1"] == {"z1", "z2", "z3"} and diamond.ancestors["z1"] == set()
    assert diamond.leaves_below["z3"] == {"x1", "x2"}
    assert [diamond.level[v] for v in ("z1", "z2", "z3", "x1", "x3")] == [2, 1, 1, 0, 0]
    assert [diamond.dimension(v) for v in ("z1", "z2", "x1")] == [1, 2, 4]
    assert diamond.latents.index("z1") == 0 and set(diamond.latents) == {"z1", "z2", "z3"}


def test_the_noises_are_parents_too():
    diamond = graph(("x1", "x2", "x3"), noiseless=["z2"], **DIAMOND)
    assert diamond.locate_parents("x1") == {"z2", "z3", "noise of x1"}
    assert diamond.locate_parents("z2") == {"z1"} and diamond.dimension("z2") == 1
    assert diamond.parents_with_noises["noise of z1"] == set()


@pytest.mark.parametrize(
    ("parents", "observables", "message"),
    [
        ({"z1": "z2", "z2": "z1", "x1": "z1", "x2": "z2"}, ("x1", "x2"), "a cycle, z"),
        ({"z1": "", "x1": "z1", "x2": "x1"}, ("x1", "x2"), "'x1' has the child 'x2'"),
        ({"x1": "z9", "x2": ""}, ("x1", "x2"), "'z9' .in x1. is not in the graph"),
        ({"z1": "", "x1": "z1"}, ("x1", "x2"), "'x2' .in observables. is not in the graph"),
        ({"z1": "", "x1": "z1"}, ("x1",), "at least 2"),
        ({"z1": "", "x1": "z1"}, ("x1", "x1"), "named twice"),
        ({"z1": "", "z2": "z1", "x1": "z1", "x2": "z1"}, ("x1", "x2"), "'z2' has no observable"),
    ],
)
def test_a_graph_that_is_none_is_refused(parents, observables, message):
    with pytest.raises(ValueError, match=message):
        graph(observables, **parents)


def test_an_unknown_noiseless_variable_is_refused():
    with pytest.raises(ValueError, match="'z7' is not in the graph"):
        graph(noiseless=["z7"], z1="", x1="z1", x2="z1")


@pytest.mark.parametrize(
    ("hidden", "message"),
    [(["x1", "x2"], "hides all"), ([], "hides none"), (["x1", "z1"], "'z1' is no observable")],
)
def test_a_mask_must_split_the_observables(hidden, message):
    with pytest.raises(ValueError, match=message):
        graph(z1="", x1="z1", x2="z1").split(hidden)


def test_hidden_names_follow_the_columns_of_a_mask():
    assert graph(z1="", x1="z1", x2="z1").hidden_names(np.array([False, True])) == {"x2"}
