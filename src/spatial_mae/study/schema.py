"""The schema of the config as plans read it, and the config with its defaults filled in."""

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from spatial_mae.study.measurements import KINDS

SCHEMA = Path(__file__).resolve().parents[3] / "workflow/schemas/config.schema.json"


@cache
def schema() -> Mapping:
    """JSON Schema of the merged config, written by `cli.describe_config`."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def completed(config: Mapping) -> dict:
    """The config with all defaults, keys of recipes and data sets in the order of declaration.

    A family whose keys all have defaults has a recipe `default`; an experiment is named as its
    kind and has its kind's usual figures. Other keys than those of the schema are left as they are.
    """
    blocks = schema()["properties"]
    result = {key: _filled(value, blocks.get(key, {})) for key, value in config.items()}
    result.setdefault("seed", blocks["seed"]["default"])
    for name in ("data", "devices"):
        result[name] = _filled(config.get(name) or {}, blocks[name])
    devices = result["devices"]
    declared = blocks["devices"]["properties"]["choices"]
    devices["choices"] = _filled(devices["choices"] or {}, declared)
    result["recipes"] = _with_default_recipes(result.get("recipes", {}))
    result["experiments"] = [_experiment(entry) for entry in config["experiments"]]
    return result


def _filled(value: object, declared: Mapping) -> object:
    """A value with the defaults of all mappings in it."""
    if "oneOf" in declared:
        options = (o for o in declared["oneOf"] if _is_source(value, o))
        return _filled(value, next(options, {}))
    if not isinstance(value, Mapping):
        return value
    known = declared.get("properties")
    if known is None:
        rest = declared.get("additionalProperties")
        rest = rest if isinstance(rest, Mapping) else {}
        return {key: _filled(item, rest) for key, item in value.items()}
    wanted = {k: v for k, v in known.items() if k in value or "default" in v}
    filled = {
        key: _filled(value[key], how) if key in value else copy.copy(how["default"])
        for key, how in wanted.items()
    }
    return filled | {key: item for key, item in value.items() if key not in known}


def _is_source(value: object, option: Mapping) -> bool:
    name = option["properties"]["source"]["const"]
    return isinstance(value, Mapping) and value.get("source") == name


def _with_default_recipes(recipes: Mapping) -> dict:
    result = dict(recipes)
    for family, declared in schema()["properties"]["recipes"]["properties"].items():
        recipe = declared["additionalProperties"]
        named = result.get(family, {})
        if not recipe["required"] and "default" not in named:
            result[family] = {"default": _filled({}, recipe), **named}
    return result


def _experiment(entry: Mapping) -> dict:
    """Name, kind, recipe, figures and grids, those with the defaults of the kind's keys."""
    kind = entry["kind"]
    declared = schema()["properties"]["experiments"]["items"]["properties"]
    figures = entry.get("figures")
    result = {
        "name": entry.get("name", kind),
        "kind": kind,
        "recipe": entry.get("recipe", declared["recipe"]["default"]),
        "figures": list(KINDS[kind].figures if figures is None else figures),
    }
    grids = entry.get("grids") or [{}]
    if KINDS[kind].keys or entry.get("grids"):
        result["grids"] = [_grid(grid, kind, declared["grids"]["items"]) for grid in grids]
    return result | {key: value for key, value in entry.items() if key not in (*declared, *result)}


def _grid(grid: Mapping, kind: str, declared: Mapping) -> dict:
    """A grid with its keys in the kind's order, then those that the kind does not have."""
    keys = declared["properties"]
    named = {
        key: grid[key] if key in grid else copy.copy(keys[key]["default"])
        for key in KINDS[kind].keys
        if key in grid or "default" in keys[key]
    }
    return named | {key: value for key, value in grid.items() if key not in named}
