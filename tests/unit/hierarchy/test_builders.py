import numpy as np
import pytest

from spatial_mae.hierarchy.builders import figure_2, figure_4, quad_tree, random_graph, tree


@pytest.mark.parametrize(("arity", "depth"), [(2, 3), (3, 2), (5, 1)])
def test_a_tree_has_neighbours_below_each_latent(arity, depth):
    graph = tree(arity, depth)
    assert len(graph.observables) == arity**depth
    for z in graph.latents:
        leaves = sorted(int(x[1:]) for x in graph.leaves_below[z])
        size = arity ** graph.level[z]
        assert leaves == list(range(leaves[0], leaves[0] + size)) and leaves[0] % size == 0


def test_a_quad_tree_has_squares_below_each_latent():
    graph = quad_tree(2)
    assert graph.observables[5] == "x1.1" and len(graph.latents) == 5
    assert graph.leaves_below["z1.0.1"] == {"x0.2", "x0.3", "x1.2", "x1.3"}
    assert max(graph.level.values()) == 2


@pytest.mark.parametrize(("arity", "depth"), [(1, 2), (2, 0), (2, 15)])
def test_a_tree_of_no_or_too_many_leaves_is_refused(arity, depth):
    with pytest.raises(ValueError, match="choose an arity of at least 2"):
        tree(arity, depth)


def test_the_figures_have_the_papers_variables():
    two, four = figure_2(), figure_4()
    assert set(two.latents) == {f"z{i}" for i in range(1, 11)} and len(two.observables) == 11
    assert set(four.latents) == {f"z{i}" for i in range(1, 7)} and len(four.observables) == 6


def test_random_graphs_share_parents_and_depend_on_the_seed_alone():
    first, again, other = (random_graph(np.random.default_rng(s), 6, 8, 3) for s in (1, 1, 2))
    assert first == again != other
    assert max(len(parents) for parents in first.parents.values()) > 1


def test_a_random_graph_of_one_observable_is_refused():
    with pytest.raises(ValueError, match="at least 1, 2 and 1"):
        random_graph(np.random.default_rng(0), 3, 1, 2)
