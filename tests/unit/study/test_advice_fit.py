"""What in the block `advise` does not fit the rest of the config is refused before it trains."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from spatial_mae.study import advice_fit, configuration, data_fit

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = {"dataset": "advised", "height": 32, "width": 32, "channels": 3, "n_train": 5000}
MANIFEST |= {"n_test": 1000, "classes": ["a", "b"], "has_depth": True}


def study(block=(), **recipe):
    """The study `advise` with other values in its block and in its recipe of pretraining."""
    files = (ROOT / "config.yaml", ROOT / "workflow/studies/advise.yaml")
    config = configuration.merged(*(yaml.safe_load(path.read_text()) for path in files))
    both = dict.fromkeys(("advise", "advise_drawn"), recipe)
    return configuration.merged(config, {"advise": dict(block), "recipes": {"pretraining": both}})


def test_the_study_as_it_is_has_no_fault():
    configuration.checked(study())


@pytest.mark.parametrize(
    ("name", "share", "said"),
    [
        ("advise", 0.5, "0.5 must be 0.2, the share that the training holds out"),
        ("advise", 0, "0 must be 0.2"),  # test images would choose
        ("advise_unlabelled", 0.1, "0.1 must be 0.2"),
        ("advise_test", 0.2, "0.2 must be 0, so that test images are scored"),
        ("advise_test_unlabelled", 0.2, "0.2 must be 0"),
    ],
)
def test_recipes_that_score_other_images_than_the_search_needs_are_refused(name, share, said):
    config = configuration.merged(study(), {"recipes": {"evaluation": {name: {"held_out": share}}}})
    with pytest.raises(ValueError, match=rf"recipes.evaluation.{name}.held_out: {said}"):
        configuration.checked(config)


@pytest.mark.parametrize(
    ("block", "recipe", "said"),
    [
        ({"training": "advice"}, {}, "advise.training: 'advice' is not there"),
        ({"rungs": [3, 1]}, {}, r"advise.rungs: \[3, 1\] must increase and end before epoch 10"),
        ({"rungs": [1, 2]}, {}, r"does not keep epochs \[2\]"),
        ({"drawn": None}, {}, "advise.drawn, advise.drawn_training: set both, or neither"),
        ({"drawn": [0.6, 0.9]}, {}, "its middle, 0.75, must not be one of `masks`"),
        ({"drawn_training": "advise"}, {}, r"by \['mask_half_width'\]; it must differ by"),
        ({}, {"held_out": 0.0}, "holds no training images out to choose by"),
        ({}, {"normalise_targets": True}, "has `normalise_targets: true`; .* set it to false"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(block, recipe, said):
    with pytest.raises(ValueError, match=said):
        configuration.checked(study(block, **recipe))


def test_a_class_token_that_the_networks_do_not_have_is_refused():
    config = study()
    config["models"]["advised"]["class_token"] = False
    configuration.checked(config)
    config["recipes"]["evaluation"]["advise_test"]["representations"] = ["class_token", "mean"]
    with pytest.raises(ValueError, match="advise.model: recipe 'advise_test' of evaluation: repr"):
        configuration.checked(config)


def settings(config):
    """(patch, mask, training) of the runs that are checked, of each recipe of evaluation."""
    keys = ("patch", "mask", "training")
    entries = advice_fit.scored(configuration.checked(config))
    assert [entry["recipe"] for entry in entries] == [*advice_fit.SCORED]
    found = [[tuple(grid[k][0] for k in keys) for grid in entry["grids"]] for entry in entries]
    assert all(one == found[0] for one in found)
    return found[0]


def test_the_settings_that_are_checked_are_those_that_images_admit_and_the_default():
    block = {"patches": [8, 16, 5], "masks": [0.1, 0.5], "default": [4, 0.6]}
    assert settings(study(block)) == [
        (8, 0.1, "advise"),
        (8, 0.5, "advise"),
        (8, 0.575, "advise_drawn"),  # the middle of the drawn range
        (8, 0.75, "advise"),
        (16, 0.5, "advise"),  # 0.1 hides none of its 4 patches, 0.9 of the range hides all
        (16, 0.75, "advise"),
        (4, 0.6, "advise"),
    ]
    assert (5, 0.6, "advise") not in settings(study(block | {"default": [5, 0.6]}))


@pytest.mark.parametrize(
    ("models", "recipe", "said"),
    [
        ({"encoder_heads": 5}, {}, "encoder_heads 5 does not divide width 64"),
        ({}, {"sampling": "bernoulli"}, ""),
        ({}, {"boundary_width": 40}, "boundary_width 40: with .* use at most"),
    ],
)
def test_networks_and_masks_that_are_not_possible_are_refused(models, recipe, said):
    config = study({"drawn": None, "drawn_training": None}, **recipe)
    config["models"]["advised"] |= models
    if not said:
        configuration.checked(config)
        return
    with pytest.raises(ValueError, match=f"experiment 'advise', model 'advised': {said}"):
        configuration.checked(config)


@pytest.mark.parametrize(
    ("block", "name", "change", "said"),
    [
        ({}, "advise", {"labels": ["texture"]}, "labels: the search needs `class`; add it"),
        ({}, "advise_test", {"labels": ["texture"]}, "labels: the search needs `class`"),
        ({}, "advise", {"representations": []}, "representations: the search needs `mean`"),
        ({}, "advise_test", {"representations": ["class_token"]}, "representations: the search"),
        ({}, "advise", {"checkpoints": "last"}, "checkpoints: settings are compared at epochs"),
        ({}, "advise_unlabelled", {"checkpoints": "last"}, "checkpoints: settings are compared"),
        ({"objective": "agreement"}, "advise", {"n_halved": 1}, "n_halved: 1, but settings are"),
        ({}, "advise", {"labels": ["texture", "class"]}, ""),
        ({}, "advise_test", {"representations": ["class_token", "mean"]}, ""),
        ({}, "advise_unlabelled", {"labels": ["texture"]}, ""),
        ({"objective": "error"}, "advise", {"representations": [], "n_halved": 0}, ""),
    ],
)
def test_recipes_without_what_settings_are_ranked_by_are_refused(block, name, change, said):
    recipes = {"evaluation": {name: change}}
    config = configuration.merged(study(block), {"recipes": recipes})
    if not said:
        configuration.checked(config)
        return
    with pytest.raises(ValueError, match=rf"recipes.evaluation.{name}.{said}"):
        configuration.checked(config)


def misfits(config, **manifest):
    """What `check_dataset` says of the study's data set."""
    asked = data_fit.demands(configuration.checked(copy.deepcopy(config)), "advised")
    return data_fit.data_misfits(json.loads(json.dumps(asked)), "advised", MANIFEST | manifest)


def test_a_recipe_of_pretraining_that_cannot_be_run_is_named_before_it_is():
    assert misfits(study()) == []
    found = misfits(study(warmup_epochs=20))
    said = "of pretraining: warmup_epochs 20.0: expected from 0 to below epochs (10)"
    assert found == [f"recipe {name!r} {said}" for name in ("advise", "advise_drawn")]


def test_labels_that_the_images_do_not_have_are_named_once():
    config = study()
    for name in ("advise", "advise_test"):
        config["recipes"]["evaluation"][name]["labels"] = ["class", "hue"]
    for name in ("advise_unlabelled", "advise_test_unlabelled"):
        config["recipes"]["evaluation"][name]["labels"] = ["class"]
    found = misfits(config)
    assert [text.partition(":")[0] for text in found] == [
        "recipe 'advise' of evaluation",
        "recipe 'advise_test' of evaluation",
    ]
    assert misfits(config, classes=None) == []


def test_images_whose_size_only_files_show_are_checked_once_they_were_read(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = study()
    about = {"pixels": "x", "licence": "x", "classes": None}
    config["datasets"]["advised"] = {"source": "array_file", "root": "README.md", **about}
    config["experiments"] = [{"kind": "autocorrelation", "grids": [{"dataset": ["advised"]}]}]
    config["models"]["advised"]["encoder_heads"] = 5
    (found,) = misfits(config)
    assert "experiment 'advise', model 'advised': encoder_heads 5 does not divide" in found


def test_data_sets_that_advice_does_not_ask_for_are_not_checked_for_it():
    assert "advise" not in data_fit.demands(configuration.checked(study()), "small_leaves")
