"""Evaluations that score images on which their networks were trained are refused."""

import copy

import pytest
from broken_config import broken, named

from spatial_mae.study import configuration

ROW = {"dataset": ["dead_leaves"], "model": ["tiny"], "training": ["short"], "patch": [8]}
ROW |= {"unit": [1], "mask": [0.5], "enc": [1], "dec": [1]}


def shared(config, scored: float, kept: float, kind: str) -> None:
    """One experiment; its evaluation scores a share, and its training holds a share out."""
    config["recipes"]["evaluation"]["default"]["held_out"] = scored
    config["recipes"]["pretraining"]["short"]["held_out"] = kept
    config["experiments"] = [
        {"name": "mine", "kind": kind, "recipe": "default", "grids": [ROW], "figures": []}
    ]


@pytest.mark.parametrize("kind", ["evaluation", "gallery", "robustness", "both_papers"])
def test_a_share_above_that_of_the_training_is_refused(config, kind):
    text = broken(config, lambda c: shared(c, 0.3, 0.2, kind))
    assert "experiment 'mine': recipe 'default' of evaluation scores training images" in text
    assert "(held_out: 0.3), but training 'short' holds only a share of 0.2 out" in text


@pytest.mark.parametrize(("scored", "kept"), [(0.2, 0.2), (0.1, 0.2), (0, 0.2), (0, 0)])
def test_images_that_were_not_trained_on_may_be_scored(config, scored, kept):
    changed = copy.deepcopy(config)
    shared(changed, scored, kept, "evaluation")
    configuration.checked(changed)


def test_one_training_of_several_is_named(config):
    def change(c):
        shared(c, 0.2, 0.2, "evaluation")
        c["recipes"]["pretraining"]["other"] = {
            **c["recipes"]["pretraining"]["short"],
            "held_out": 0,
        }
        named(c, "mine")["grids"] = [{**ROW, "training": ["short", "other"]}]

    text = broken(config, change)
    assert "but training 'other' holds only a share of 0 out" in text
    assert "training 'short'" not in text
