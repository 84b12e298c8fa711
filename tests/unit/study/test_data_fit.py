"""What a study asks of a data set, against what its manifest says."""

import copy
from itertools import product

import made_search
import numpy as np
import pytest
import yaml

from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings, solve_run
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
    experiments = [{"kind": kind, "grids": [RUN]} for kind in kinds]
    assert misfits(config, experiments, height=32, width=32, n_train=1025) == []


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
        {"kind": "unmasked", "grids": [RUN]},
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
        "experiment 'embedding', recipe 'default' of inspection: data set 'mine' has no classes to "
        "learn; leave the experiment out",
        "experiment 'unmasked', recipe 'default' of inspection: data set 'mine' has no classes to "
        "learn; set `n_classes: 0` in the recipe",
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


SOLVED = {"dataset": ["mine"], "patch": [2], "centring": ["raw", "centred"], "flip": [False, True]}


@pytest.mark.parametrize("n", [32, 33, 63, 64, 65])
def test_the_moments_that_are_named_are_those_that_the_solver_refuses(config, n):
    """Images of 64 values: 64 or, centred, 65 images are needed; mirror images count."""
    found = misfits(config, [{"kind": "losses", "grids": [SOLVED]}], n_train=n, height=8, width=8)
    images = np.random.default_rng(0).integers(0, 256, (n, 8, 8, 1), dtype=np.uint8)
    refused = []
    for centring, flip in product(SOLVED["centring"], SOLVED["flip"]):
        try:
            solve_run(pixel_moments(images), RunSettings(2, centring, 0.0, flip))
        except ValueError:
            refused.append(-(-(64 + (centring == "centred")) // (1 + flip)))
    assert sorted(refused) == [least for least in (32, 33, 64, 65) if n < least]
    text = "\n".join(found)
    assert all(f"has 64 values (luma), which takes {least} images" in text for least in refused)
    assert len(found) == len(refused) and text.count("set `ridge: [0.001]`") == len(found)
    enough = {**SOLVED, "ridge": [0.001]}
    assert misfits(config, [{"kind": "losses", "grids": [enough]}], n_train=n) == []


def test_of_large_images_a_patch_has_no_more_values_than_images_span(config):
    grid = {"dataset": ["mine"], "n": ["50%", "all"], "patch": [4, 8]}
    found = misfits(config, [{"kind": "influence", "grids": [grid]}], height=72, width=72)
    assert len(found) == 2
    assert all("a patch of 8 has 64 values (luma), which takes 65 images" in one for one in found)


def test_controls_of_probes_are_solved_too(config):
    entry = [{"kind": "evaluation", "grids": [{**RUN, "patch": [8], "unit": [2]}]}]
    (found,) = misfits(config, entry, height=32, width=32)
    assert "recipe 'default' of evaluation, controls: without a ridge the moments of 40" in found
    assert "an image has 1024 values (luma)" in found and "set `control_ridge: 0.001`" in found
    large = misfits(config, entry, height=80, width=80, n_train=9000)
    assert any("6,400 values (luma), and features of" in one for one in large)
    assert any("set `control_colour: null`" in one for one in large)
    for change in ({"control_ridge": 0.001}, {"control_colour": None}, {"representations": []}):
        config["recipes"]["evaluation"]["default"] = change
        assert misfits(config, entry, height=32, width=32) == []


def test_the_linear_model_next_to_a_network_is_solved_inside_mask_units(config):
    config["recipes"]["jacobian"]["default"]["linear_ridge"] = 0
    entry = [{"kind": "jacobian", "grids": [{**RUN, "patch": [4], "unit": [1, 4]}]}]
    (found,) = misfits(config, entry, height=32, width=32)
    # with mirror images, 40 are 80
    assert "a patch of 16 has 256 values (luma), which takes 129 images or more" in found
    assert "recipe 'default' of jacobian" in found and "set `linear_ridge: 0.001`" in found


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
        {"kind": "target_gains", "grids": [linear]},
    ]
    assert misfits(config, experiments, height=64, width=64) == []
    found = misfits(config, experiments, height=72, width=72)
    assert len(found) == 3
    assert "have 5,184 values (luma), and the loss on hidden patches" in found[0]
    assert "experiment 'gabor': images of 'mine' have 5,184 values" in found[1]
    assert "experiment 'target_gains': images of 'mine' have 5,184 values" in found[2]


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


@pytest.mark.parametrize(("depth", "has_depth"), [("depth", False), (None, False), ("depth", True)])
def test_depth_among_the_targets_of_gains_must_be_there(config, depth, has_depth):
    gains = {"depth": depth, "n_latents": [8], "mask_ratios": [0.5]}
    config["recipes"]["gains"] = {"some": gains}
    grid = {"dataset": ["mine"], "patch": [4], "ridge": [0.001]}
    entry = {"kind": "target_gains", "recipe": "some", "grids": [grid]}
    text = "\n".join(misfits(config, [entry], has_depth=has_depth))
    message = "data set 'mine' has no depth; set `depth: null` in the recipe 'some' of gains, or"
    assert (message in text) == bool(text) == (depth is not None and not has_depth)


@pytest.fixture
def search(monkeypatch, project):
    """The study of a search, with gray images of the user's in place of its own."""
    monkeypatch.chdir(project)
    config = made_search.merged(dataset="mine", patch=4)
    config["datasets"]["mine"] = {"source": "array_file", "root": "README.md", "classes": None}
    config["datasets"]["mine"] |= {"pixels": "x", "licence": "x"}
    return config


def test_a_search_needs_classes_and_networks_that_fit_the_images(search):
    linear = [{"kind": "autocorrelation", "grids": [{"dataset": ["mine"]}]}]
    size = {"height": 32, "width": 32, "channels": 3, "n_train": 9000, "n_test": 900}
    assert misfits(search, linear, **size) == []
    (found,) = misfits(search, linear, **size, classes=None)
    assert "tune.dataset: data set 'mine' has no classes" in found and "leave the block" in found
    found = "\n".join(misfits(search, linear, **{**size, "height": 30, "channels": 1}))
    assert "experiment 'tune': patch size 4 does not divide the 30 x 32 images" in found
    assert "experiment 'tune': the images of 'mine' have 1 channels, and networks" in found


def test_what_is_asked_of_a_search_names_its_base_alone(search):
    """Candidates are made where they are checked: all of them would be too long for a command."""
    search["experiments"] = [{"kind": "autocorrelation", "grids": [{"dataset": ["mine"]}]}]
    asked = data_fit.demands(configuration.checked(search), "mine")
    assert list(asked["recipes"]["pretraining"]) == [asked["tune"]["base"]]
    assert "tune" not in data_fit.demands(configuration.checked(search), "dead_leaves")


def test_recipes_that_recipes_name_ask_for_classes_too(config):
    entry = {"kind": "both_papers", "grids": [RUN]}
    text = "\n".join(misfits(config, [entry], height=32, width=32, classes=None))
    for words in ("`representations: []`", "`n_classes: 0`"):
        assert f"data set 'mine' has no classes to learn; set {words} in the recipe" in text
    assert misfits(config, [entry], height=32, width=32) == []
