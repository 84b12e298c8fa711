import numpy as np
import pytest

from spatial_mae.hierarchy.builders import figure_2, figure_4, quad_tree, random_graph, tree


def random_graphs(n, n_latents=5, n_observables=5, max_parents=3):
    """Seeded random graphs, with shared parents and edges that skip levels."""
    return [
        random_graph(np.random.default_rng(seed), n_latents, n_observables, max_parents)
        for seed in range(n)
    ]


def all_masks(graph):
    """Every proper mask of a graph as the set of hidden observables."""
    n = len(graph.observables)
    return [
        frozenset(x for i, x in enumerate(graph.observables) if number >> i & 1)
        for number in range(1, 2**n - 1)
    ]


@pytest.fixture(scope="session")
def graphs():
    """Trees, the paper's figures and random graphs, all small enough for all masks."""
    return [figure_2(), figure_4(), tree(2, 3), tree(3, 2), quad_tree(1), *random_graphs(20)]
