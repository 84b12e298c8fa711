"""Recipes of every kind whose values do not fit together are named before anything trains."""

import pytest
from broken_config import named

from spatial_mae.study import configuration, data_fit

MANIFEST = {"dataset": "dead_leaves", "height": 32, "width": 32, "channels": 3, "n_train": 5000}
MANIFEST |= {"n_test": 1000, "classes": ["a", "b"], "has_depth": True}


def misfits(config, entry) -> list[str]:
    whole = configuration.checked({**config, "experiments": [entry]})
    return data_fit.data_misfits(data_fit.demands(whole, "dead_leaves"), "dead_leaves", MANIFEST)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"batch_size": 2}, "micro_batch 4 does not divide batch_size 2; pick a divisor"),
        ({"epochs": 1, "warmup_epochs": 1}, "warmup_epochs 1.0: expected from 0 to below epochs"),
        ({"scale_jitter": [2, 1]}, "scale_jitter [2, 1]: expected [least, largest]"),
        ({}, None),
    ],
)
def test_a_detector_that_cannot_be_trained_is_named_before_its_network_is(config, changes, said):
    config["datasets"]["shapes"] = {"source": "outlined_shapes", "n_train": 9, "n_test": 9}
    config["recipes"]["detection"] = {"ours": {"generated": "shapes", **changes}}
    entry = {**named(config, "similarity"), "kind": "detection", "recipe": "ours", "figures": []}
    found = misfits(config, entry)
    assert len(found) == bool(said)
    assert said is None or found[0].startswith(f"recipe 'ours' of detection: {said}")


def test_a_readout_without_the_ridge_it_needs_is_named(config):
    entry = named(config, "depth")
    assert misfits(config, entry) == []
    config["recipes"]["depth"][entry["recipe"]] |= {"readouts": ["ridge"], "ridges": []}
    (found,) = misfits(config, entry)
    assert found.startswith(f"recipe {entry['recipe']!r} of depth: readout 'ridge' needs ridges")
