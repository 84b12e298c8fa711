"""The schema of the config, from the declarations.

Imports every module that declares something, numerical libraries included; plans read the schema.
"""

from collections.abc import Mapping
from importlib import import_module

from spatial_mae.data.sources import find_source, source_names
from spatial_mae.study.config import Advise, Config, Data, Devices, Experiment, Grid, Tune
from spatial_mae.study.declared import object_schema, type_schema
from spatial_mae.study.measured.keys import PRETRAINING
from spatial_mae.study.measurements import KINDS, RULES

# Family of recipes -> the declaration of its keys.
RECIPES = {card.recipe: card.declared for card in RULES.values() if card.recipe}
MODEL = "models.architecture.Backbone"
NAME = "^[a-z0-9_]+$"


def config_schema() -> dict:
    """JSON Schema of the merged config of a study."""
    schema = object_schema(Config)
    schema["required"] = ["study", "datasets", "models", "recipes", "experiments"]
    blocks = schema["properties"]
    _set(blocks, "data", object_schema(Data))
    _set(blocks, "devices", object_schema(Devices))
    _set(blocks, "advise", object_schema(Advise))
    _set(blocks, "tune", object_schema(Tune))
    sources = {"oneOf": [_source_schema(name) for name in source_names()]}
    _set(blocks, "datasets", _named(sources))
    _set(blocks, "models", _named(object_schema(_declaration(MODEL))))
    families = {family: _named(object_schema(declaration(family))) for family in RECIPES}
    for family, recipes in families.items():
        rules = [rule for rule, card in RULES.items() if card.recipe == family]
        recipes["description"] = f"Read by {', '.join(rules)}."
    closed = {"type": "object", "additionalProperties": False, "properties": families}
    _set(blocks, "recipes", closed)
    experiment, grid = object_schema(Experiment), object_schema(Grid)
    experiment["required"] = ["kind"]
    experiment["properties"]["kind"] |= {"enum": list(KINDS)}
    grid["required"] = []
    compared = families["similarity"]["additionalProperties"]["properties"]["reference"]
    compared |= _one_run(grid)
    experiment["properties"]["grids"]["items"] = grid
    blocks["experiments"]["items"] = experiment
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "config"}
    return head | schema


def declaration(family: str) -> type:
    """The declaration of a family's recipes."""
    return _declaration(RECIPES[family])


def _declaration(path: str) -> type:
    module, _, name = path.rpartition(".")
    return getattr(import_module(f"spatial_mae.{module}"), name)


def _one_run(grid: Mapping) -> dict:
    """One value of each of the grid's keys that name a pretraining run; all may be left out."""
    keys = {key: grid["properties"][key] for key in PRETRAINING}
    properties = {k: {"description": d["description"], **d["items"]} for k, d in keys.items()}
    return {"additionalProperties": False, "properties": properties}


def _set(blocks: dict, name: str, schema: dict) -> None:
    """Give a block its keys; its own description stays."""
    description = {"description": blocks[name]["description"]}
    blocks[name] = schema | description


def _named(schema: Mapping) -> dict:
    """A mapping from names to `schema`."""
    names = {"propertyNames": {"pattern": NAME}}
    return {"type": "object", **names, "additionalProperties": schema}


def _source_schema(name: str) -> dict:
    """The keys of a data set of the source, and its card as `x-source`."""
    module = find_source(name)
    card = module.SOURCE
    schema = object_schema(card.recipe)
    first = {"source": {"const": name, "description": "Where the images come from."}}
    if card.root != "never":
        path = {
            "description": "Path of your copy; files that only moved are not prepared again.",
            **type_schema(str | None),
        }
        first["root"] = path if card.root == "needed" else {**path, "default": None}
    needed = ["source", "root"] if card.root == "needed" else ["source"]
    schema["required"] = [*needed, *schema["required"]]
    schema["properties"] = first | schema["properties"]
    schema["x-source"] = {
        "draws": card.draws,
        "root": card.root,
        "public": card.public,
        "archive": card.archive.name if card.archive else None,
        "layout": list(card.layout),
        "reads": list(getattr(module, "READS", card.layout)),
        "size": list(card.size) if card.size else None,
        "channels": card.channels,
        "images": list(card.images) if card.images else None,
        "advice": card.advice,
    }
    return schema
