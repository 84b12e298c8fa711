"""Config, schema and the recipes' dataclasses say the same."""

import dataclasses
import importlib
import typing

import pytest
import yaml

from spatial_mae.study.measurements import KINDS

# Schema definition -> module and dataclass that reads it.
RECIPES = {
    "autocorrelation_recipe": ("linear.autocorrelation", "AutocorrelationRecipe"),
    "linear_recipe": ("linear.recipe", "LinearRecipe"),
    "psd_recipe": ("linear.image_spectrum", "PsdRecipe"),
    "ising_recipe": ("linear.ising_study", "IsingRecipe"),
    "spectrum_recipe": ("linear.spectrum", "SpectrumRecipe"),
    "lemma_recipe": ("linear.lemmas", "LemmaRecipe"),
    "taylor_recipe": ("linear.taylor", "TaylorRecipe"),
    "levels_recipe": ("hierarchy.study", "LevelsRecipe"),
    "audit_recipe": ("hierarchy.audit", "AuditRecipe"),
    "recovery_recipe": ("identifiability.recipe", "RecoveryRecipe"),
    "gabor_recipe": ("tasks.gabor", "GaborRecipe"),
    "depth_recipe": ("tasks.depth", "DepthRecipe"),
    "pretraining_recipe": ("training.recipe", "PretrainingRecipe"),
    "classification_recipe": ("training.recipe", "ClassifierRecipe"),
    "evaluation_recipe": ("evaluation.recipe", "EvaluationRecipe"),
    "similarity_recipe": ("evaluation.recipe", "SimilarityRecipe"),
    "inspection_recipe": ("inspection.recipe", "InspectionRecipe"),
    "robustness_recipe": ("evaluation.robustness", "RobustnessRecipe"),
    "detection_recipe": ("detection.recipe", "DetectionRecipe"),
    "both_papers_recipe": ("both_papers", "BothPapersRecipe"),
    "jacobian_recipe": ("jacobian.recipe", "JacobianRecipe"),
    "basis_recipe": ("jacobian.recipe", "BasisRecipe"),
    "comparison_recipe": ("jacobian.recipe", "ComparisonRecipe"),
    "masked_loss_recipe": ("jacobian.recipe", "MaskedLossRecipe"),
    "model": ("models.architecture", "Backbone"),
}


@pytest.fixture(scope="module")
def schema(project):
    return yaml.safe_load((project / "workflow/schemas/config.schema.yaml").read_text())


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_the_fields_the_schema_requires(schema, name):
    module, recipe = RECIPES[name]
    definition = schema["$defs"][name]
    fields = fields_of(getattr(importlib.import_module(f"spatial_mae.{module}"), recipe))
    assert fields == set(definition["properties"]) == set(definition["required"]), (
        f"change workflow/schemas/config.schema.yaml ($defs/{name}) and {recipe} together"
    )


def test_every_recipe_of_the_schema_is_compared(schema):
    assert set(RECIPES) - {"model"} == {n for n in schema["$defs"] if n.endswith("_recipe")}
    families = schema["properties"]["recipes"]["properties"]
    # `training`, a key of grids, names a recipe of pretraining.
    assert set(families) == {kind.recipe for kind in KINDS.values()} | {"pretraining"}


def test_every_source_has_the_fields_the_schema_allows(schema):
    options = schema["properties"]["datasets"]["additionalProperties"]["oneOf"]
    for option in options:
        definition = schema["$defs"][option["$ref"].rpartition("/")[2]]
        source = definition["properties"]["source"]["const"]
        module = importlib.import_module(f"spatial_mae.data.{source}")
        recipe = typing.get_type_hints(module.prepare)["recipe"]
        assert fields_of(recipe) == set(definition["properties"]) - {"source", "root"}, source


def test_the_kinds_of_the_schema_are_those_of_the_grid(schema):
    kinds = schema["properties"]["experiments"]["items"]["properties"]["kind"]["enum"]
    assert set(kinds) == set(KINDS)
    keys = {key for kind in KINDS.values() for key in kind.keys}
    assert set(schema["$defs"]["grid"]["properties"]) == keys


def test_every_object_of_the_schema_is_closed_and_every_key_described(schema):
    open_objects, bare = [], []
    for place, node in walk(schema):
        if (
            isinstance(node.get("properties"), dict)
            and node.get("additionalProperties") is not False
        ):
            open_objects.append(place)
        for key, value in (node.get("properties") or {}).items():
            told = {"description", "$ref", "const"} & set(value)
            if not told and key not in schema["properties"]["recipes"]["properties"]:
                bare.append(f"{place}.{key}")
    assert (open_objects, bare) == ([], [])


def walk(node: object, place: str = ""):
    """All mappings of a nested structure with their places."""
    if isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            yield from walk(value, f"{place}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, f"{place}[{number}]")


def fields_of(recipe: type) -> set[str]:
    return {field.name for field in dataclasses.fields(recipe)}
