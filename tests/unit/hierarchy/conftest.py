import numpy as np
import pytest

from spatial_mae.hierarchy.builders import figure_2, figure_4, quad_tree, random_graph, tree


@pytest.fixture(scope="session")
def random_graphs():
    """A function to seeded random graphs, with shared parents and edges that skip levels."""

    def graphs(n, n_latents=5, n_observables=5, max_parents=3):
        return [
            random_graph(np.random.default_rng(seed), n_latents, n_observables, max_parents)
            for seed in range(n)
        ]

    return graphs


@pytest.fixture(scope="session")
def all_masks():
    """A function from a graph to every proper mask of it, as the set of hidden observables."""

    def masks(graph):
        n = len(graph.observables)
        return [
            frozenset(x for i, x in enumerate(graph.observables) if number >> i & 1)
            for number in range(1, 2**n - 1)
        ]

    return masks


@pytest.fixture(scope="session")
def graphs(random_graphs):
    """Trees, the paper's figures and random graphs, all small enough for all masks."""
    return [figure_2(), figure_4(), tree(2, 3), tree(3, 2), quad_tree(1), *random_graphs(20)]
