"""Recipes: what does not fit together is refused, with the value and the fix."""

import json

import pytest
from toy_training import CLASSIFICATION, PRETRAINING

from spatial_mae.study.recipes import load
from spatial_mae.training.recipe import ClassifierRecipe, PretrainingRecipe


def pretraining(**changes):
    return load(PretrainingRecipe, json.dumps(PRETRAINING | changes))


def classification(**changes):
    return load(ClassifierRecipe, json.dumps(CLASSIFICATION | changes))


def test_good_recipes_pass():
    pretraining()
    pretraining(micro_batch=4, clip_norm=1.0, ema_decay=0.99, crop_scale=[1, 1])
    classification(randaugment=[2, 30])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0, "checkpoints": []}, "epochs: 0 .* a whole number, 1 or more"),
        ({"batch_size": 0}, "batch_size: 0"),
        ({"warmup_epochs": 3}, r"warmup_epochs 3.0: expected from 0 to below epochs \(3\)"),
        ({"micro_batch": 5}, "micro_batch 5 does not divide batch_size 16; pick a divisor"),
        ({"base_learning_rate": 0}, "base_learning_rate: 0 .* above 0"),
        ({"weight_decay": -1}, "weight_decay: -1"),
        ({"betas": [0.9]}, r"betas: \[0.9\] .* a list of 2"),
        ({"betas": [0.9, 1]}, r"betas\[1\]: 1"),
        ({"crop_scale": [0.5, 0.2]}, r"crop_scale \[0.5, 0.2\]: expected \[least, largest\]"),
        ({"crop_scale": [0, 1]}, "crop_scale"),
        ({"clip_norm": 0}, "clip_norm: 0"),
        ({"ema_decay": 1}, "ema_decay: 1"),
        ({"n_train": 0}, "n_train: 0 .* 1 or more or null"),
        ({"mask_half_width": -0.1}, "mask_half_width: -0.1 .* 0 or more"),
        ({"mask_half_width": 0.1, "sampling": "bernoulli"}, "mask_half_width 0.1 with sampling"),
        ({"boundary_width": 1, "sampling": "block"}, "boundary_width 1 with sampling 'block'"),
        ({"boundary_width": -1}, "boundary_width: -1 .* 0 or more"),
        ({"boundary_width": 1, "loss_on": "all"}, "boundary_width 1 with loss_on 'all'"),
        ({"checkpoints": [1, 4]}, "checkpoints: epoch 4 is outside 0..3"),
    ],
)
def test_what_pretraining_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        pretraining(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"warmup_epochs": 4}, "warmup_epochs"),
        ({"layer_decay": 0}, "layer_decay: 0"),
        ({"layer_decay": 1.1}, "layer_decay: 1.1"),
        ({"label_smoothing": 1}, "label_smoothing: 1"),
        ({"randaugment": [2]}, r"randaugment \[2\]: expected \[operations, magnitude"),
        ({"randaugment": [2, 31]}, r"randaugment \[2, 31\]"),
        ({"n_test": 0}, "n_test: 0"),
    ],
)
def test_what_classification_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        classification(**changes)


def test_the_first_and_the_last_epoch_are_always_kept():
    assert pretraining(checkpoints=[]).kept_epochs == (0, 3)
    assert pretraining(checkpoints=[2, 0]).kept_epochs == (0, 2, 3)
