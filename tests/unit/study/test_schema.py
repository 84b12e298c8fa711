"""The written schema and page are those of the declarations; defaults come from them."""

import dataclasses
import json
from importlib import import_module

import pytest

from spatial_mae.study.describing import MODEL, RECIPES, config_schema
from spatial_mae.study.measurements import KINDS, RULES
from spatial_mae.study.page import reference_page
from spatial_mae.study.recipes import load
from spatial_mae.study.schema import SCHEMA, completed, schema

WRITE = "run `python -m spatial_mae.cli.describe_config` and commit what it writes"


@pytest.fixture(scope="module")
def declared():
    return config_schema()


def test_the_schema_is_written_from_the_declarations(declared):
    assert json.loads(SCHEMA.read_text()) == declared, WRITE


def test_the_page_is_written_from_the_declarations(declared, project):
    assert (project / "docs/config.md").read_text() == reference_page(declared), WRITE


def test_every_object_of_the_schema_is_closed_and_every_key_described(declared):
    open_objects, bare = [], []
    for place, node in walk(declared):
        if isinstance(node.get("properties"), dict):
            if node.get("additionalProperties") is not False:
                open_objects.append(place)
            bare += [f"{place}.{k}" for k, v in node["properties"].items() if not described(v)]
    assert (open_objects, bare) == ([], [])


def described(value: dict) -> bool:
    return bool(value.get("description"))


def walk(node: object, place: str = ""):
    """All mappings of a nested structure with their places."""
    if isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            yield from walk(value, f"{place}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, f"{place}[{number}]")


def test_a_family_has_one_declaration_whichever_rule_reads_it():
    for card in RULES.values():
        assert card.declared == RECIPES.get(card.recipe, "")


def test_grids_have_the_keys_of_all_kinds(declared):
    experiment = declared["properties"]["experiments"]["items"]["properties"]
    keys = {key for kind in KINDS.values() for key in kind.keys}
    assert set(experiment["grids"]["items"]["properties"]) == keys


@pytest.mark.parametrize("path", [*RECIPES.values(), MODEL])
def test_a_completed_recipe_is_what_its_stage_loads(path):
    module, _, name = path.rpartition(".")
    recipe = getattr(import_module(f"spatial_mae.{module}"), name)
    example = {f.name: EXAMPLES[f.name] for f in fields(recipe) if f.default is dataclasses.MISSING}
    example |= {"prepared": ["b"]} if name == "RobustnessRecipe" else {}
    example |= {"n_latents": 4} if name == "IsingRecipe" else {}
    family = next((f for f, p in RECIPES.items() if p == path), None)
    config = {"models": {"a": example}, "recipes": {}, "experiments": []}
    if family:
        config = {"recipes": {family: {"a": example}}, "experiments": []}
    whole = completed(config)
    filled = whole["recipes"][family]["a"] if family else whole["models"]["a"]
    assert set(filled) == {f.name for f in fields(recipe)}
    loaded = dataclasses.asdict(load(recipe, json.dumps(filled)))
    assert loaded == dataclasses.asdict(load(recipe, json.dumps(example)))


def fields(recipe: type) -> list[dataclasses.Field]:
    return list(dataclasses.fields(recipe))


# A value of each key without default.
EXAMPLES = {
    "mask_ratios": [0.5],
    "mask_ratio": 0.5,
    "noise_deviations": [0.1],
    "n_latents": [4],
    "patches": [2],
    "size": 8,
    "unit_levels": [0],
    "variance_ratios": [1],
    "scales": [1],
    "target": "depth",
    "epochs": 2,
    "warmup_epochs": 1,
    "batch_size": 8,
    "base_learning_rate": 0.1,
    "reference": {"enc": 2},
    "pixel": [1, 1],
    "pixels": [[1, 1]],
    "width": 8,
    "encoder_heads": 2,
    "decoder_width": 8,
    "decoder_heads": 2,
}


def test_a_key_in_another_order_gives_the_same_recipe():
    one = {"patches": [2], "mask_ratio": 0.5, "n_masks": 9}
    other = dict(reversed(one.items()))
    texts = {
        json.dumps(completed({"recipes": {"psd": {"a": r}}, "experiments": []})["recipes"]["psd"])
        for r in (one, other)
    }
    assert len(texts) == 1


def test_an_experiment_gets_what_its_kind_says():
    whole = completed({"experiments": [{"kind": "losses", "grids": [{"patch": [2]}]}]})
    assert whole["experiments"] == [
        {
            "name": "losses",
            "kind": "losses",
            "recipe": "default",
            "figures": ["losses"],
            "grids": [
                {
                    "colour": ["luma"],
                    "n": ["all"],
                    "patch": [2],
                    "centring": ["centred"],
                    "ridge": [0],
                    "flip": [False],
                }
            ],
        }
    ]


def test_completing_twice_changes_nothing_and_leaves_the_schema_alone():
    config = {"experiments": [{"kind": "losses", "grids": [{"patch": [2]}]}]}
    before = json.dumps(schema())
    once = completed(config)
    assert completed(once) == once
    once["recipes"]["evaluation"]["default"]["penalties"].append(1)
    assert json.dumps(schema()) == before
