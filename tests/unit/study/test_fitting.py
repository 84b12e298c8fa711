"""What no data set of this shape, or network of this kind, can give is found in the plan."""

import numpy as np
import pytest
from broken_config import broken, named

from spatial_mae.linear.autocorrelation import AutocorrelationRecipe, autocorrelation_rows
from spatial_mae.linear.image_spectrum import PsdRecipe, psd_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.rotation import Whitening, check_patches
from spatial_mae.masks.patches import patch_index
from spatial_mae.study import configuration
from spatial_mae.tasks.targets import cosine_goals

# Experiment of the study -> family, recipe and key by which it reads the class token.
READING = {
    "depths": ("evaluation", "default", "representations", ["class_token", "mean"]),
    "embedding": ("inspection", "default", "tokens", "class_token"),
    "robustness": ("evaluation", "default", "representations", ["mean", "class_token"]),
    "similarity": ("similarity", "to_deepest", "tokens", "class_token"),
    "supervised": ("classification", "from_scratch", "pooling", "class_token"),
    "partial": ("classification", "fine_tuning", "pooling", "class_token"),
    "latent_recovery": ("recovery", "default", "representations", ["class_token"]),
    "both_papers": ("inspection", "default", "tokens", "class_token"),
}


def without_class_token(config, name: str) -> None:
    """Leave one experiment, of networks that have no class token."""
    config["experiments"] = [named(config, name)]
    config["models"] = {n: m | {"class_token": False} for n, m in config["models"].items()}
    config["recipes"]["evaluation"]["default"]["representations"] = ["mean", "blocks"]


@pytest.mark.parametrize("name", READING)
def test_a_class_token_that_a_network_does_not_have_is_refused(config, name):
    family, recipe, key, value = READING[name]

    def change(config):
        without_class_token(config, name)
        config["recipes"][family][recipe][key] = value

    message = broken(config, change)
    other = "[mean]" if isinstance(value, list) else "mean"
    assert f"experiment {name!r}, recipe {recipe!r} of {family}: {key} names class_token" in message
    assert f"which networks of model 'tiny' do not have; set `{key}: {other}`" in message


@pytest.mark.parametrize("name", READING)
def test_networks_without_a_class_token_are_measured_by_the_mean_token(config, name):
    without_class_token(config, name)
    configuration.checked(config)


@pytest.mark.parametrize(
    ("enc", "blocks", "said"),
    [
        ([1, 2], [0, 2, "all"], "blocks 2 of an encoder of enc 1; use 0 to 1 or all"),
        ([2], [3], "blocks 3 of an encoder of enc 2; use 0 to 2"),
        ([1, 2], [0, 1, "all"], ""),
        ([2], [2], ""),
    ],
)
def test_more_blocks_than_an_encoder_has_are_refused(config, enc, blocks, said):
    config["experiments"] = [named(config, "partial")]
    for grid in config["experiments"][0]["grids"]:
        grid.update(enc=enc, blocks=blocks)
    if not said:
        configuration.checked(config)
        return
    text = broken(config, lambda _: None)
    assert f"experiment 'partial': {said}" in text and text.count("blocks") == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [({"size": [48, 48]}, "has images of 48 x 48 x 3"), ({}, ""), ({"size": [48, 32]}, "48 x 32")],
)
def test_shifted_images_of_another_size_are_refused(config, change, message):
    config["experiments"] = [named(config, "robustness")]
    config["datasets"]["dead_leaves_hazy"] |= change
    if not message:
        configuration.checked(config)
        return
    found = broken(config, lambda _: None)
    assert "recipe 'default' of robustness: prepared 'dead_leaves_hazy'" in found
    assert message in found and "of 32 x 32 x 3 (height x width x channels)" in found


def images(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (99, height, width, 1), dtype=np.uint8)


def refused(config, size: list[int], entry: dict, recipe: dict | None = None) -> str:
    """What is said of one experiment on gray images of this size; empty if nothing."""
    config["datasets"] = {"mine": {"source": "dead_leaves", "n_train": 99, "n_test": 9}}
    config["datasets"]["mine"] |= {"size": size}
    grid = {"dataset": ["mine"], **entry.pop("grid", {})}
    if recipe is not None:
        config["recipes"].setdefault(entry["kind"].removeprefix("target_"), {})["mine"] = recipe
        entry["recipe"] = "mine"
    config["experiments"] = [{"name": "one", **entry, "grids": [grid]}]
    try:
        configuration.checked(config)
    except ValueError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("size", [[8, 8], [8, 12], [1, 8]])
def test_power_spectra_of_images_that_are_not_square_are_refused(config, size):
    recipe = {"patches": [4], "mask_ratio": 0.2, "n_images": 3, "n_masks": 2}
    message = refused(config, size, {"kind": "psd"}, recipe)
    assert bool(message) == (size[0] != size[1])
    if message:
        assert f"of 'mine' have {size[0]} x {size[1]}; leave the experiment out" in message
        with pytest.raises(ValueError, match="square"):
            psd_rows(images(*size), PsdRecipe(**recipe), np.random.default_rng(0))


@pytest.mark.parametrize(("size", "fix"), [([8, 12], "use 1 to 7"), ([1, 12], "leave the exp")])
def test_displacements_that_do_not_fit_are_refused_along_a_row_too(config, size, fix):
    entry = {"kind": "autocorrelation", "grid": {"colour": ["luma"]}}
    message = refused(config, size, entry, {"max_displacement": 8})
    assert f"max_displacement 8 does not fit into the {size[0]} x {size[1]} images" in message
    assert fix in message
    with pytest.raises(ValueError, match="does not fit"):
        autocorrelation_rows(
            pixel_moments(images(*size)), AutocorrelationRecipe(max_displacement=8)
        )


def gains(config, size: list[int], patch: int, orders: list[int], n_latents: int) -> str:
    recipe = {"mask_ratios": [0.5], "n_latents": [n_latents], "orders": orders}
    grid = {"colour": ["luma"], "patch": [patch], "ridge": [0.001]}
    return refused(config, size, {"kind": "target_gains", "grid": grid}, recipe)


def test_gains_that_the_images_have_are_planned(config):
    assert gains(config, [8, 12], 4, [0, 7], 95) == ""
    assert gains(config, [1, 12], 4, [0], 11) == ""


def test_cosines_finer_than_the_pixels_are_refused(config):
    message = gains(config, [8, 12], 4, [0, 3, 12], 9)
    assert "order 0 to 7, not 12; set `orders: [0, 3]` in the recipe" in message
    with pytest.raises(ValueError, match="orders: 12"):
        list(cosine_goals("cosine", [0, 3, 12], (8, 12, 1)))


@pytest.mark.parametrize("size", [[8, 8], [1, 8]])
def test_gains_of_one_patch_are_refused(config, size):
    assert "hides all or nothing; use one of [1, 2, 4]" in gains(config, size, 8, [0], 3)
    with pytest.raises(ValueError, match="hides all or nothing"):
        check_patches(len(np.unique(patch_index(*size, 8))))


def test_gains_of_all_latents_are_refused(config):
    assert "with 64 latents, as many as" in gains(config, [8, 8], 4, [0], 64)
    moments = pixel_moments(images(8, 8))
    with pytest.raises(ValueError, match="masking changes nothing"):
        Whitening.of(moments.matrix("centred")).check_latents(64)


@pytest.mark.parametrize("n_sweeps", [None, 0, 300])
@pytest.mark.parametrize(
    ("lattice", "moment"), [("torus", "sampled"), ("torus", "exact"), ("chain", "sampled")]
)
def test_a_sampled_torus_needs_heat_bath_sweeps(config, n_sweeps, lattice, moment):
    grid = {"lattice": [lattice], "coupling": [0.4], "patch": [4], "moment": [moment]}
    config["recipes"]["ising"]["mine"] = {"size": 8, "n_latents": 2, "mask_ratios": [0.5]}
    config["recipes"]["ising"]["mine"] |= {} if n_sweeps is None else {"n_sweeps": n_sweeps}
    config["experiments"] = [{"kind": "ising_summary", "recipe": "mine", "grids": [grid]}]
    if not n_sweeps and (lattice, moment) == ("torus", "sampled"):
        message = broken(config, lambda _: None)
        assert "recipe 'mine' of ising: a torus needs heat-bath sweeps" in message
        assert "set `n_sweeps`, 300 at side 32" in message
    else:
        configuration.checked(config)


@pytest.mark.parametrize(("size", "lattice"), [([8, 8], "torus"), ([1, 8], "chain")])
def test_a_data_set_of_tori_needs_heat_bath_sweeps(config, size, lattice):
    drawn = {"source": "ising", "lattice": lattice, "size": size, "coupling": 0.4}
    config["datasets"]["spins"] = drawn | {"n_train": 99, "n_test": 9}
    grid = {"dataset": ["spins"], "patch": [4], "ridge": [0.001]}
    recipe = {"mask_ratios": [0.5], "n_latents": [4], "noise_deviations": []}
    config["recipes"]["linear"]["mine"] = recipe
    config["experiments"] = [{"kind": "influence", "recipe": "mine", "grids": [grid]}]
    if lattice == "torus":
        assert "data set 'spins': a torus needs" in broken(config, lambda _: None)
        config["datasets"]["spins"]["n_sweeps"] = 300
    configuration.checked(config)
