import numpy as np
import pytest

from spatial_mae.hierarchy.algorithms import locate_shared
from spatial_mae.hierarchy.builders import random_graph, tree
from spatial_mae.hierarchy.graph import LatentGraph
from spatial_mae.hierarchy.levels import (
    CHUNK_MASKS,
    LevelArrays,
    measure_levels,
    shared_members,
)
from spatial_mae.hierarchy.masks import MaskLaw


def as_array(graph, sets):
    return np.array([[x in hidden for x in graph.observables] for hidden in sets])


def test_members_of_many_masks_are_those_of_algorithm_1(graphs, all_masks):
    for graph in graphs:
        sets = all_masks(graph)[:300]
        members = shared_members(LevelArrays.of(graph), as_array(graph, sets))
        for hidden, row in zip(sets, members, strict=True):
            found = {z for z, inside in zip(graph.latents, row, strict=True) if inside}
            assert found == locate_shared(graph, hidden)[0]


@pytest.mark.parametrize("graph", [tree(2, 8), tree(4, 4)])
def test_a_tree_of_256_leaves_agrees_with_algorithm_1(graph):
    masks = MaskLaw("exact", (256,), 2, 0.3).sample(np.random.default_rng(0), 20)
    members = shared_members(LevelArrays.of(graph), masks)
    for mask, row in zip(masks, members, strict=True):
        found = {z for z, inside in zip(graph.latents, row, strict=True) if inside}
        assert found == locate_shared(graph, graph.hidden_names(mask))[0]


def plain_levels(graph, hidden):
    shared = locate_shared(graph, hidden)[0]
    levels = [graph.level[z] for z in shared]
    weights = [graph.dimension(z) for z in shared]
    return {
        "lowest": min(levels),
        "mean": np.mean(levels),
        "weighted": np.average(levels, weights=weights),
        "highest": max(levels),
        "top_alone": float(set(levels) == {max(graph.level.values())}),
    }


def test_measures_are_those_of_each_mask(graphs, all_masks):
    for graph in graphs[:5]:
        sets = all_masks(graph)[:300]
        found = measure_levels(LevelArrays.of(graph), as_array(graph, sets))
        for i, hidden in enumerate(sets):
            assert {name: values[i] for name, values in found.items()} == pytest.approx(
                plain_levels(graph, hidden)
            )


def test_chunks_change_nothing():
    graph = random_graph(np.random.default_rng(4), 6, 10, 2)
    arrays = LevelArrays.of(graph)
    masks = MaskLaw("exact", (10,), 1, 0.4).sample(np.random.default_rng(0), CHUNK_MASKS + 5)
    whole, last = measure_levels(arrays, masks), measure_levels(arrays, masks[-5:])
    for name, values in last.items():
        np.testing.assert_array_equal(whole[name][-5:], values)


def test_nothing_shared_has_no_level():
    apart = LatentGraph({"z1": (), "z2": (), "x1": ("z1",), "x2": ("z2",)}, ("x1", "x2"))
    found = measure_levels(LevelArrays.of(apart), np.array([[True, False]]))
    assert all(np.isnan(values).all() for values in found.values())


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (np.ones((1, 4), dtype=bool), "mask 0 hides 4 of 4"),
        (np.array([[True, False, False, False], [False] * 4]), "mask 1 hides 0 of 4"),
        (np.ones((1, 3), dtype=bool), "expected .n_masks, 4. of bool"),
        (np.ones((1, 4)), "expected .n_masks, 4. of bool"),
    ],
)
def test_masks_that_do_not_fit_are_refused(masks, message):
    with pytest.raises(ValueError, match=message):
        measure_levels(LevelArrays.of(tree(2, 2)), masks)
