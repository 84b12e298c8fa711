"""Networks without a class token, and shifted images of another size, are found in the plan."""

import pytest
from broken_config import broken, named

from spatial_mae.study import configuration

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
