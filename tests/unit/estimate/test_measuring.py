"""Speeds measured here."""

import pytest

from spatial_mae.estimate.measuring import measured_speeds
from spatial_mae.estimate.workload import trainings

RECIPE = {
    "micro_batch": None,
    "weight_decay": 0.05,
    "betas": [0.9, 0.95],
    "crop_scale": [0.2, 1.0],
    "flip": True,
    "sampling": "exact",
    "mask_half_width": 0.0,
    "loss_on": "hidden",
    "normalise_targets": False,
    "boundary_width": 0,
    "precision": "auto",
    "compile": "never",
}


@pytest.mark.parametrize("changes", [{}, {"mask_half_width": 0.1}])
def test_each_network_left_to_pretrain_is_timed_once(config, tmp_path, changes):
    config["recipes"]["pretraining"]["short"] |= RECIPE | changes
    runs = trainings(config, tmp_path)
    speeds = measured_speeds(runs, seconds=0.01)
    left = {run.network for run in runs if run.network.rule == "pretrain_mae"}
    assert {speed.network for speed in speeds} == left and len(speeds) == 2
    assert all(speed.images_per_second > 0 and speed.origin == "measured" for speed in speeds)


def test_nothing_left_is_nothing_to_measure():
    with pytest.raises(ValueError, match="nothing is left to pretrain"):
        measured_speeds([], seconds=1)
