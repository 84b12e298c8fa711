"""Mistakes in the config are found, all at once, before anything runs."""

import copy
import json

import pytest
import yaml
from broken_config import broken, named
from snakemake.utils import update_config

from spatial_mae.study import configuration


def detects(config, dataset: str) -> None:
    """Let detectors learn the outlines of a data set."""
    run = {"dataset": ["dead_leaves"], "model": ["tiny"], "training": ["short"], "patch": [8]}
    run |= {"unit": [1], "mask": [0.5], "enc": [1], "dec": [1]}
    config["recipes"]["detection"] = {"outlines": {"generated": dataset}}
    config["experiments"] = [{"name": "d", "kind": "detection", "recipe": "outlines"}]
    config["experiments"][0]["grids"] = [run]


def row_of_pixels(config) -> None:
    """Let patches of 5 pixels divide a row of 32."""
    config["datasets"]["row"] = {"source": "ising", "lattice": "chain", "size": [1, 32]}
    config["datasets"]["row"] |= {"coupling": 0.5, "n_train": 100, "n_test": 100}
    named(config, "profile")["grids"][0].update(dataset=["row"], colour=["luma"], patch=[5])


def test_the_default_config_is_sound(config):
    assert configuration.checked(config) == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(sed=1), "unknown key 'sed'; did you mean 'seed'"),
        (lambda c: c["data"].update(rot=1), "unknown key 'data.rot'; did you mean 'root'"),
        (
            lambda c: c["datasets"]["dead_leaves"].update(n_trian=1),
            "unknown key 'datasets.dead_leaves.n_trian'; did you mean 'n_train'",
        ),
        (
            lambda c: c["recipes"]["linear"]["default"].update(mask_ratio=[0]),
            "unknown key 'recipes.linear.default.mask_ratio'; did you mean 'mask_ratios'",
        ),
        (
            lambda c: named(c, "autocorrelation")["grids"][0].update(color=["luma"]),
            "unknown key 'experiments[0].grids[0].color'; did you mean 'colour'",
        ),
        (
            lambda c: c["recipes"]["basis"]["default"].update(pixels=[[10, 32]]),
            "pixel [10, 32] is outside the 32 x 32 images of 'dead_leaves'",
        ),
        (
            lambda c: c["recipes"]["robustness"]["default"].update(prepared=["dead_leafs"]),
            "recipe 'default' names no data set: 'dead_leafs'; did you mean 'dead_leaves'",
        ),
        (
            lambda c: detects(c, "dead_leafs"),
            "recipe 'outlines' names no data set: 'dead_leafs'; did you mean 'dead_leaves'",
        ),
        (
            lambda c: detects(c, "dead_leaves"),
            "generated 'dead_leaves' has no outlines; name a data set of the source "
            "outlined_shapes (there: none)",
        ),
        (
            lambda c: c["recipes"]["robustness"]["default"].update(cifar10_c="no/such/folder"),
            "recipe 'default' of robustness: cifar10_c 'no/such/folder' does not exist",
        ),
        (
            lambda c: c["recipes"]["robustness"]["default"].update(prepared=[]),
            "recipe 'default' of robustness names no shifted images: give the path of one of",
        ),
        (
            lambda c: c["recipes"]["robustness"]["default"].update(evaluation="defalt"),
            "recipe 'default' of robustness names no evaluation: 'defalt'; did you mean 'default'",
        ),
        (
            lambda c: c["recipes"]["evaluation"]["default"].update(representations=["blocks"]),
            "recipe 'default' of robustness: evaluation 'default' does not probe 'mean'; name it",
        ),
        (
            lambda c: c["recipes"]["both_papers"]["default"].update(jacobian="defalt"),
            "recipe 'default' of both_papers names no jacobian: 'defalt'; did you mean 'default'",
        ),
        (
            lambda c: c["recipes"]["both_papers"]["default"].update(arities=[3]),
            "the 16 mask units of patch 8, unit 1 are no power of 3; take it out",
        ),
        (
            lambda c: c["recipes"]["inspection"]["default"].update(pixel=[32, 0]),
            "pixel [32, 0] is outside the 32 x 32 images of 'dead_leaves'",
        ),
        (
            lambda c: named(c, "gabor").update(figures=["gabour"]),
            "experiment 'gabor' names no figure: 'gabour'; did you mean 'gabor'",
        ),
        (
            lambda c: named(c, "losses").update(figures=["gabor"]),
            "figure 'gabor' reads tables of kind 'gabor', and experiment 'losses' is of kind "
            "'losses'; its figures: losses, sampling_laws",
        ),
        (
            lambda c: named(c, "noise").pop("figures"),
            "figure 'influence_grid' is drawn from two experiments, 'influence' and 'noise': give "
            "one of them other `figures:` ([] for none), or name one "
            "`influence_grid-noise`",
        ),
        (
            lambda c: named(c, "depths")["grids"][0].update(model=["tny"]),
            "names no model: 'tny'; did you mean 'tiny'",
        ),
        (
            lambda c: named(c, "depths")["grids"][0].update(training=["shrot"]),
            "names no recipe of pretraining: 'shrot'; did you mean 'short'",
        ),
        (
            lambda c: c["models"]["tiny"].update(encoder_heads=5),
            "encoder_heads 5 does not divide width 48; use one of 1, 2, 3, 4, 6, 8, 12, 16, 24, 48",
        ),
        (
            lambda c: named(c, "depths")["grids"][0].update(unit=[3]),
            "mask unit 3 does not divide a 4 x 4 grid of patches; use one of 1, 2, 4",
        ),
        (
            lambda c: named(c, "depths")["grids"][0].update(mask=[0.99]),
            "mask ratio 0.99 of 16 mask units: no unit stays visible",
        ),
        (
            lambda c: named(c, "latent_recovery")["grids"][0].update(dataset=["dead_leaves"]),
            "the latents of 'dead_leaves' (dead_leaves) are not known; use a data set of",
        ),
        (
            lambda c: named(c, "latent_recovery").update(
                kind="level_recovery",
                grids=[{**named(c, "latent_recovery")["grids"][0], "dataset": ["dead_leaves"]}],
            ),
            "the latents of 'dead_leaves' (dead_leaves) are not known; use a data set of",
        ),
        (
            lambda c: named(c, "latent_recovery")["grids"][0].update(patch=[8]),
            "patch size 8, but the leaves of 'latent_tree' have a side of 4 pixels; use that",
        ),
        (
            lambda c: c["recipes"]["pretraining"]["short"].update(boundary_width=24),
            "boundary_width 24: with 12 of 16 units of 8 x 8 pixels hidden no hidden pixel is that "
            "far inside; use at most 23",
        ),
        (
            lambda c: c["recipes"]["pretraining"]["short"].update(sampling="grid"),
            "draws masks by the law grid; the kind jacobian has formulas for bernoulli and exact",
        ),
        (
            lambda c: c["recipes"]["pretraining"]["short"].update(sampling="displaced"),
            "sampling displaced: units of one patch cannot leave their grid",
        ),
        (
            lambda c: c["recipes"]["pretraining"]["short"].update(mask_half_width=0.25),
            "mask_half_width 0.25: of 16 mask units no unit stays visible at mask ratio 1; with "
            "mask 0.75 use at most 0.1875",
        ),
        (
            lambda c: named(c, "autocorrelation").update(recipe="defalt"),
            "names no recipe of kind 'autocorrelation': 'defalt'; did you mean 'default'",
        ),
        (
            lambda c: named(c, "autocorrelation")["grids"][0].update(dataset=["dead_leafs"]),
            "names no data set: 'dead_leafs'; did you mean 'dead_leaves'",
        ),
        (
            lambda c: c["experiments"].append(named(c, "autocorrelation")),
            "two experiments are named 'autocorrelation'",
        ),
        (
            lambda c: named(c, "profile")["grids"][0].update(patch=[5]),
            "patch size 5 does not divide the 32 x 32 images of 'dead_leaves'; "
            "use one of [1, 2, 4, 8, 16, 32]",
        ),
        (
            row_of_pixels,
            "patch size 5 does not divide the 1 x 32 images of 'row'; "
            "use one of [1, 2, 4, 8, 16, 32]",
        ),
        (
            lambda c: c["recipes"]["linear"]["default"].update(n_latents=[1025]),
            "1025 latents exceed the 1024 dimensions",
        ),
        (
            lambda c: c["recipes"]["psd"]["default"].update(patches=[3]),
            "patch size 3 does not divide",
        ),
    ],
)
def test_mistakes_are_named_with_their_correction(config, change, message):
    assert message in broken(config, change)


def test_all_problems_are_told_at_once(config):
    def two(c):
        c.update(sed=1)
        c["data"].update(rot=1)

    assert broken(config, two).count("unknown key") == 2


def test_names_and_misfits_are_told_at_once(config):
    def three(c):
        named(c, "depths").update(recipe="defalt")
        named(c, "psd").update(figures=["gabor"])
        named(c, "influence")["grids"][0].update(patch=[5])

    message = broken(config, three)
    assert "names no recipe of kind 'evaluation'" in message
    assert "figure 'gabor' reads tables of kind 'gabor'" in message
    assert "patch size 5 does not divide" in message


def test_overlays_merge_as_in_snakemake(config, project):
    for path in (project / "workflow/studies").glob("*.yaml"):
        overlay = yaml.safe_load(path.read_text())
        expected = json.loads(json.dumps(config))  # no part shared, as YAML's anchors leave them
        update_config(expected, overlay)
        assert configuration.merged(config, overlay) == expected, path.name


def test_a_detector_of_a_generated_set_needs_no_paths(config):
    config = copy.deepcopy(config)
    config["datasets"]["shapes"] = {"source": "outlined_shapes", "n_train": 9, "n_test": 3}
    detects(config, "shapes")
    assert configuration.checked(config)["datasets"]["shapes"]["max_objects"] == 3


def test_displacements_that_do_not_fit_into_the_images_are_named_with_those_that_do(config):
    def far(c):
        c["recipes"]["autocorrelation"] = {"default": {"max_displacement": 32}}

    assert "max_displacement 32 does not fit into the 32 x 32 images" in broken(config, far)
    assert "of 'dead_leaves'; use 1 to 31" in broken(config, far)


def test_more_mask_units_than_expected_levels_are_known_for_are_named(config):
    def many(c):
        c["datasets"]["dead_leaves"]["size"] = [64, 64]
        for grids in named(c, "both_papers")["grids"]:
            grids.update(patch=[1, 2], unit=[1])

    found = broken(config, many)
    assert "experiment 'both_papers': 4096 mask units of patch 1, unit 1: expected" in found
    assert "for at most 1024; set a larger `patch` or `unit`, or leave the run out" in found
    assert "1024 mask units" not in found


def test_images_too_small_for_ssim_are_named_with_the_way_out(config):
    def small(c):
        c["datasets"]["dead_leaves"]["size"] = [4, 4]

    found = broken(config, small)
    assert "SSIM needs images of 6 pixels per side or more, those of 'dead_leaves'" in found
    assert "leave ssim out of the recipe's `metrics`" in found
