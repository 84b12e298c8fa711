"""The role of every noise under a mask, against who can see what."""

import numpy as np
import pytest

from spatial_mae.hierarchy.builders import quad_tree
from spatial_mae.identifiability.roles import coordinates
from spatial_mae.masks.sampling import enumerate_masks

GRAPH = quad_tree(2)
NAMES = GRAPH.order


def test_each_noise_is_shared_or_of_the_part_that_alone_lies_below():
    """In a tree: above both parts is shared, above one part only is proper to it."""
    masks = enumerate_masks(16)[1:-1]
    for mask in masks[np.random.default_rng(0).integers(len(masks), size=100)]:
        found = coordinates(GRAPH, NAMES, mask)
        hides = dict(zip(GRAPH.observables, mask, strict=True))
        for name, role, level in zip(NAMES, found.roles, found.levels, strict=True):
            below = {hides[x] for x in GRAPH.leaves_below[name]}
            assert role == (
                "shared" if len(below) == 2 else "hidden" if True in below else "visible"
            )
            assert level == GRAPH.level[name]


def test_coordinates_are_counted_by_role_and_level():
    mask = np.zeros(16, dtype=bool)
    mask[0] = True  # the first patch: its branch and the root lie above both parts
    found = coordinates(GRAPH, ["z2.0.0", "z2.0.0", *NAMES], mask)
    assert found.of("shared", 2).sum() == 3 and found.of("shared", 1).sum() == 1
    assert found.of("hidden").sum() == found.of("hidden", 0).sum() == 1
    assert found.of("visible", 1).sum() == 3 and found.of("visible").sum() == 18


def test_strangers_and_empty_masks_are_refused():
    with pytest.raises(ValueError, match="'z9' is no variable of the tree"):
        coordinates(GRAPH, ["z9"], np.arange(16) < 3)
    with pytest.raises(ValueError, match="hides none"):
        coordinates(GRAPH, NAMES, np.zeros(16, dtype=bool))
