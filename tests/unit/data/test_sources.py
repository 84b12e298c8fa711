"""Sources are found by name, and all of them keep the same interface."""

import dataclasses
import inspect
import json
import typing

import numpy as np
import pytest

from spatial_mae.data.sources import find_source, source_names
from spatial_mae.study import recipes, sources

SOURCES = source_names()


def test_modules_that_prepare_images_are_sources(project):
    room = (project / "src/spatial_mae/data").glob("*.py")
    assert sorted(p.stem for p in room if "\ndef prepare(" in p.read_text()) == SOURCES


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_has_a_frozen_recipe_and_prepares_it(name):
    source = find_source(name)
    recipe = source.SOURCE.recipe
    assert recipe.__module__.startswith("spatial_mae.data.")
    assert recipe.__dataclass_params__.frozen
    assert typing.get_type_hints(source.prepare)["recipe"] is recipe
    parameters = list(inspect.signature(source.prepare).parameters.values())
    assert [p.name for p in parameters[:4]] == ["recipe", "root", "archive", "rng"]
    assert all(p.default is not p.empty for p in parameters[4:])


@pytest.mark.parametrize("name", ["dead_leafs", "store", "os", "../x"])
def test_an_unknown_source_is_an_error_that_lists_the_known(name):
    with pytest.raises(ValueError, match=f"unknown source '{name}'.*{', '.join(SOURCES)}"):
        find_source(name)


def test_the_nearest_source_is_named():
    with pytest.raises(ValueError, match="did you mean 'cityscapes'"):
        find_source("cityscape")


GENERATED = {
    "dead_leaves": {"size": [32, 32]},
    "hierarchical": {"size": [16, 16], "channels": 1, "noise_sizes": [4, 4, 8]},
    "ising": {"lattice": "torus", "size": [8, 8], "coupling": 0.3, "n_sweeps": 9},
    "outlined_shapes": {},
    "textured_layouts": {},
}


def test_every_generated_source_is_known_here():
    cards = {name: find_source(name).SOURCE for name in SOURCES}
    assert {name for name, card in cards.items() if card.root == "never"} == {*GENERATED}


@pytest.mark.parametrize("name", GENERATED)
def test_networks_are_planned_for_the_channels_that_images_have(name):
    source, given = find_source(name), {"n_train": 20, "n_test": 20} | GENERATED[name]
    recipe = recipes.load(source.SOURCE.recipe, json.dumps(given))
    found = source.prepare(recipe, None, None, np.random.default_rng(0))
    assert found.shape[2] == sources.channels({"source": name} | given)


@pytest.mark.parametrize("name", SOURCES)
def test_the_documentation_has_every_key(name, project):
    lines = (project / "docs" / "your-own-data.md").read_text().splitlines()
    (row,) = [line for line in lines if line.startswith(f"| `{name}` |")]
    keys = [field.name for field in dataclasses.fields(find_source(name).SOURCE.recipe)]
    assert [key for key in keys if f"`{key}`" not in row] == []
