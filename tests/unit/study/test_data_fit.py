"""What a study asks of a data set, against what its manifest says."""

import copy

import pytest
import yaml

from spatial_mae.study import configuration, data_fit

MANIFEST = {"dataset": "mine", "height": 16, "width": 16, "channels": 1, "n_train": 40}
MANIFEST |= {"n_test": 10, "classes": ["a", "b"], "has_depth": True}
RUN = {"dataset": ["mine"], "model": ["tiny"], "training": ["short"], "patch": [4], "unit": [1]}
RUN |= {"mask": [0.5], "enc": [1], "dec": [1]}


@pytest.fixture
def config(project, monkeypatch):
    monkeypatch.chdir(project)
    config = yaml.safe_load((project / "config.yaml").read_text())
    config["datasets"]["mine"] = {"source": "array_file", "root": "README.md", "classes": None}
    config["datasets"]["mine"] |= {"pixels": "x", "licence": "x", "channels": 1}
    return config


def misfits(config, experiments, **manifest):
    config["experiments"] = experiments
    whole = configuration.checked(copy.deepcopy(config))
    asked = data_fit.demands(whole, "mine")
    return data_fit.data_misfits(asked, "mine", {**MANIFEST, **manifest})


def test_a_data_set_that_has_everything_has_no_misfits(config):
    kinds = ("evaluation", "gallery", "attention", "jacobian")
    assert (
        misfits(config, [{"kind": kind, "grids": [RUN]} for kind in kinds], height=32, width=32)
        == []
    )


def test_gray_images_of_networks_planned_for_three_channels_are_named(config):
    del config["datasets"]["mine"]["channels"]
    (found,) = misfits(config, [{"kind": "gallery", "grids": [RUN]}], height=32, width=32)
    assert "have 1 channels, and networks are planned for 3; set `channels: 1`" in found
    linear = {"dataset": ["mine"], "colour": ["rgb"], "patch": [4]}
    (found,) = misfits(config, [{"kind": "influence", "grids": [linear]}], n_train=4000)
    assert "the images of 'mine' have one channel, not those of 'rgb'; set `colour`" in found


def test_all_misfits_are_named_at_once_with_what_to_set(config):
    linear = {"dataset": ["mine"], "colour": ["luma"], "n": [50, "all"], "patch": [4]}
    experiments = [
        {"kind": "influence", "grids": [linear]},
        {"kind": "evaluation", "grids": [RUN]},
        {"kind": "embedding", "grids": [RUN]},
        {"kind": "supervised", "recipe": "from_scratch"}
        | {"grids": [{k: RUN[k] for k in ("dataset", "model", "patch", "enc")}]},
        {"kind": "depth", "grids": [{**linear, "n": ["all"]}]},
    ]
    found = misfits(config, experiments, height=18, classes=None, has_depth=False)
    text = "\n".join(found)
    for words in (
        "patch size 4 does not divide the 18 x 16 images of 'mine'; use one of [1, 2]",
        "experiment 'influence': n 50, but data set 'mine' has 40 training images; use 1 to 40",
        "experiment 'evaluation', recipe 'default' of evaluation: data set 'mine' has no classes",
        "set `representations: []` in the recipe",
        "set `n_classes: 0` in the recipe",
        "experiment 'supervised', recipe 'from_scratch' of classification",
        "experiment 'depth': data set 'mine' has no depth",
    ):
        assert words in text, words
    assert len(found) == len(set(found))


def test_recipes_that_read_fewer_images_are_told(config):
    config["experiments"] = [
        {"kind": kind, "grids": [RUN]} for kind in ("evaluation", "jacobian", "second_order")
    ]
    asked = data_fit.demands(configuration.checked(copy.deepcopy(config)), "mine")
    text = "\n".join(data_fit.count_remarks(asked, "mine", MANIFEST))
    for words in (
        "recipe 'short' of pretraining: n_train: 2500 asked for, the data set has 40 train images",
        "recipe 'default' of evaluation: n_reconstructed: 500 asked for",
        "recipe 'default' of comparison: n_fitted: 2000 asked for",
    ):
        assert words in text, words
    assert "recipe 'default' of jacobian" not in text


def test_a_recipe_that_cannot_do_with_so_few_is_a_misfit(config):
    config["experiments"] = [{"kind": "similarity", "recipe": "to_deepest"}]
    config["experiments"][0]["grids"] = [{**RUN, "enc": [1, 2]}]
    (found,) = misfits(config, config["experiments"], n_test=3)
    assert "recipe 'to_deepest' of similarity on data set 'mine'" in found
    assert "40 training and 3 test images" in found and "n_images" in found


def test_demands_are_those_of_the_data_set_alone(config):
    config["experiments"] = [
        {"kind": "autocorrelation", "grids": [{"dataset": ["mine"]}]},
        {"kind": "losses", "grids": [{"dataset": ["dead_leaves"], "patch": [4]}]},
        {"kind": "lemmas"},
    ]
    asked = data_fit.demands(configuration.checked(copy.deepcopy(config)), "mine")
    assert [entry["kind"] for entry in asked["experiments"]] == ["autocorrelation"]
    assert list(asked["datasets"]) == ["mine"]
    assert (set(asked["recipes"]), asked["models"]) == ({"autocorrelation"}, {})


def test_singular_moments_without_a_ridge_are_named_before_they_are_solved(config):
    grid = {
        "dataset": ["mine"],
        "colour": ["luma", "gray"],
        "n": ["50%", "all"],
        "patch": [2, 4, 8],
    }
    found = misfits(config, [{"kind": "losses", "grids": [grid]}], n_train=40)
    text = "\n".join(found)
    assert "moments of 40 images of 'mine' are singular in patches of 64 values" in text
    assert "set `ridge: [0.001]`" in text
    assert "patches of 4 values" not in text and "of 20 images" in text
    enough = [{"kind": "losses", "grids": [{**grid, "ridge": [0.001]}]}]
    assert misfits(config, enough, n_train=40) == []


@pytest.mark.parametrize(("n_train", "found"), [(4000, True), (5000, False)])
def test_too_few_images_for_limits_of_influence_are_named_with_every_way_out(
    config, n_train, found
):
    grid = {"dataset": ["mine"], "patch": [4]}
    text = "\n".join(
        misfits(config, [{"kind": "influence_limit", "grids": [grid]}], n_train=n_train)
    )
    # 16 subsets of nine tenths of the images, and 256 values of an image
    message = "4000 images of 'mine' make subsets of 225, but more than the 256 values"
    assert (message in text) == found
    if found:
        assert "bring more images, make them smaller (`size`), set fewer `halvings`" in text


def test_labels_that_a_data_set_does_not_have_are_named(config):
    config["recipes"]["evaluation"]["default"] = {"labels": ["class", "hue", "form"]}
    entry = [{"kind": "evaluation", "grids": [RUN]}]
    (found,) = misfits(config, entry, factors={"form": ["disc", "ring"]}, n_train=4000, n_test=900)
    assert "label 'hue', but data set 'mine' has class, form" in found


def test_large_images_have_no_features_of_all_latents(config):
    linear = {"dataset": ["mine"], "patch": [8], "ridge": [0.001]}
    config["recipes"]["linear"]["both"] = {
        **config["recipes"]["linear"]["default"],
        "samplings": ["bernoulli", "hidden"],
    }
    experiments = [
        {"kind": "influence", "grids": [linear]},
        {"kind": "losses", "recipe": "both", "grids": [linear]},
        {"kind": "gabor", "grids": [linear]},
    ]
    assert misfits(config, experiments, height=64, width=64) == []
    found = misfits(config, experiments, height=72, width=72)
    assert len(found) == 2
    assert "have 5,184 values (luma), and the loss on hidden patches" in found[0]
    assert "experiment 'gabor': images of 'mine' have 5,184 values" in found[1]


def test_shifted_images_of_another_shape_are_named_once_files_were_read(config):
    """Of the data set that is shifted, and of the one that networks read."""
    config["datasets"]["other"] = {"source": "dead_leaves", "n_train": 9, "n_test": 9}
    config["datasets"]["other"] |= {"size": [16, 16]}
    config["recipes"]["robustness"] = {"default": {"prepared": ["mine"], "evaluation": "default"}}
    entry = {"kind": "robustness", "grids": [{**RUN, "dataset": ["other"]}]}
    (found,) = misfits(config, [entry])
    assert "prepared 'mine' has images of 16 x 16 x 1 and 'other'" in found
    config["recipes"]["robustness"]["default"]["prepared"] = ["other"]
    (found,) = misfits(config, [{**entry, "grids": [RUN]}])
    assert "prepared 'other' has images of 16 x 16 x 3 and 'mine'" in found
