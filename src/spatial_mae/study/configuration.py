"""Checks of the merged config before the workflow plans a single job. Standard library only.

What JSON Schema can say stands in workflow/schemas/config.schema.yaml; here stands what it cannot:
errors that name the nearest known key, names that must exist, sizes that must fit together.
"""

import hashlib
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from spatial_mae.models.architecture import Architecture, Backbone, check_boundary, check_masking
from spatial_mae.study import grid
from spatial_mae.study.drawing import unfit_figures
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.recipes import nearest
from spatial_mae.study.user_files import missing_files

OLD_FORM = (
    "the config has a block `figures:`, the form of an earlier version: now each experiment names "
    "its own figures, where they are not the usual ones of its kind (`figures: []` for none). To "
    "rewrite your file: `python -m spatial_mae.cli.upgrade_config FILE`"
)
# Image height and width where the source fixes them.
SIZES = {"cifar10": (32, 32), "imagenet64": (64, 64), "tiny_imagenet": (64, 64)}
# Kinds whose recipes name others' -> experiments without grids that stand for what they name.
STANDS_ON = {
    "both_papers": grid.related,
    "robustness": lambda config, name: [grid.probed(config, name)],
}


def merged(config: Mapping, *overlays: Mapping) -> dict:
    """The config with each overlay on top, as `snakemake --configfile` merges: mappings key by key,
    everything else replaced."""
    result = dict(config)
    for overlay in overlays:
        for key, value in overlay.items():
            under = result.get(key)
            both = isinstance(under, Mapping) and isinstance(value, Mapping)
            result[key] = merged(under, value) if both else value
    return result


def check_keys(config: Mapping, schema: Mapping) -> None:
    """Raise ValueError naming, for each key the schema does not list, the nearest one it does."""
    if "figures" in config:
        raise ValueError(OLD_FORM)
    _refuse(list(_unknown_keys(config, schema, schema)))


def check_values(config: Mapping) -> None:
    """Raise ValueError with all that is wrong, and its mend, in a config that fits the schema."""
    _refuse(list(_unknown_names(config)))
    _refuse([*_misfits(config), *missing_files(config)])


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ValueError("the config cannot be run:\n" + "\n".join(f"  - {p}" for p in problems))


def _unknown_keys(value: object, schema: Mapping, top: Mapping, where: str = "") -> Iterator[str]:
    """Keys of objects that the schema closes and does not list, at any depth."""
    schema = _resolve(schema, top)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unknown_keys(item, schema.get("items", {}), top, f"{where}[{number}]")
    if not isinstance(value, Mapping):
        return
    schema = _alternative(value, schema, top)
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    for key, item in value.items():
        place = f"{where}.{key}".lstrip(".")
        if key in known:
            yield from _unknown_keys(item, known[key], top, place)
        elif rest is False:
            yield f"unknown key {place!r}; {nearest(str(key), known)}"
        elif isinstance(rest, Mapping):
            yield from _unknown_keys(item, rest, top, place)


def _resolve(schema: Mapping, top: Mapping) -> Mapping:
    while "$ref" in schema:
        schema = top["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _alternative(value: Mapping, schema: Mapping, top: Mapping) -> Mapping:
    """Among `oneOf`, the object schema whose constant properties match the value (its `source`)."""
    for option in schema.get("oneOf", ()):
        option = _resolve(option, top)
        constants = {k: p["const"] for k, p in option.get("properties", {}).items() if "const" in p}
        if constants and all(value.get(k) == const for k, const in constants.items()):
            return option
    return schema


def _unknown_names(config: Mapping) -> Iterator[str]:
    """Experiments without recipe or data set, names used twice, figures that cannot be drawn."""
    names = [entry["name"] for entry in config["experiments"]]
    yield from (f"two experiments are named {n!r}; rename one" for n in _repeated(names))
    yield from unfit_figures(config)
    for entry in config["experiments"]:
        recipes = config["recipes"].get(KINDS[entry["kind"]].recipe, {})
        if entry["recipe"] not in recipes:
            yield (
                f"experiment {entry['name']!r} names no recipe of kind {entry['kind']!r}: "
                f"{entry['recipe']!r}; {nearest(entry['recipe'], recipes)}"
            )
        for name in recipes.get(entry["recipe"], {}).get("prepared", ()):
            if name not in config["datasets"]:
                near = nearest(name, config["datasets"])
                yield f"recipe {entry['recipe']!r} names no data set: {name!r}; {near}"
        if entry["kind"] in STANDS_ON and entry["recipe"] in recipes:
            yield from _unknown_recipes(config, entry["kind"], entry["recipe"])
        for key, (what, known) in _named(config).items():
            for name in _values_of(entry, key):
                if name not in known:
                    near = nearest(name, known)
                    yield f"experiment {entry['name']!r} names no {what}: {name!r}; {near}"


def _unknown_recipes(config: Mapping, kind: str, name: str) -> Iterator[str]:
    """Recipes of other families that a recipe names, and a probe that its evaluation lacks."""
    for other in STANDS_ON[kind](config, name):
        family = KINDS[other["kind"]].recipe
        known = config["recipes"].get(family, {})
        if other["recipe"] not in known:
            near = nearest(other["recipe"], known)
            yield f"recipe {name!r} of {kind} names no {family}: {other['recipe']!r}; {near}"
        elif kind == "robustness":
            tokens = config["recipes"][kind][name]["tokens"]
            probed = known[other["recipe"]]["representations"]
            if tokens not in probed:
                yield (
                    f"recipe {name!r} of {kind}: evaluation {other['recipe']!r} does not probe "
                    f"{tokens!r}; name it under its representations (now: {probed})"
                )


def _named(config: Mapping) -> dict[str, tuple[str, Mapping]]:
    """Keys of grids whose values are names -> what they name, and the names there are."""
    return {
        "dataset": ("data set", config["datasets"]),
        "model": ("model", config["models"]),
        "training": ("recipe of pretraining", config["recipes"].get("pretraining", {})),
    }


def _values_of(entry: Mapping, key: str) -> list[str]:
    return list(dict.fromkeys(n for g in entry.get("grids") or () for n in g.get(key, ())))


def _repeated(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}


def _misfits(config: Mapping) -> Iterator[str]:
    """Patches that do not tile the image, more latents than dimensions, impossible networks."""
    seen = set()
    for entry in config["experiments"]:
        family = KINDS[entry["kind"]].recipe
        recipe = config["recipes"].get(family, {}).get(entry["recipe"], {})
        for run in grid.expand(entry):
            seen.update(_misfit(config, entry["name"], run, recipe))
            seen.update(_impossible_network(config, entry["name"], run))
            if entry["kind"] == "both_papers":
                seen.update(_no_tree(config, entry["name"], run, recipe))
            if KINDS[entry["kind"]].rule == "recover_latents":
                seen.update(_not_the_leaves(config, entry["name"], run))
    yield from sorted(seen)


def _misfit(config: Mapping, name: str, run: Mapping, recipe: Mapping) -> Iterator[str]:
    size = image_size(config["datasets"][run["dataset"]]) if "dataset" in run else None
    if size is None:
        return
    height, width = size
    for patch in [run["patch"]] if "patch" in run else recipe.get("patches", []):
        if any(side % patch for side in (height, width) if side > 1):
            allowed = [p for p in range(1, max(size) + 1) if height % p == 0 and width % p == 0]
            yield (
                f"experiment {name!r}: patch size {patch} does not divide the {height} x {width} "
                f"images of {run['dataset']!r}; use one of {allowed}"
            )
    for row, column in [*recipe.get("pixels", ()), *filter(None, [recipe.get("pixel")])]:
        if row >= height or column >= width:
            yield (
                f"experiment {name!r}: pixel [{row}, {column}] is outside the {height} x "
                f"{width} images of {run['dataset']!r}; rows go from 0 to {height - 1}, columns "
                f"from 0 to {width - 1}"
            )
    dimensions = height * width * (3 if run.get("colour") == "rgb" else 1)
    for n_latents in recipe.get("n_latents", ()) if "colour" in run else ():
        if isinstance(n_latents, int) and n_latents > dimensions:
            yield (
                f"experiment {name!r}: {n_latents} latents exceed the {dimensions} dimensions of "
                f"{run['dataset']!r} ({run['colour']}); use at most {dimensions}"
            )


def _impossible_network(config: Mapping, name: str, run: Mapping) -> Iterator[str]:
    """Heads that do not divide a width, mask units that do not fit, masks of all or nothing."""
    size = image_size(config["datasets"][run["dataset"]]) if "model" in run else None
    if size is None:
        return
    try:
        backbone = Backbone(**config["models"][run["model"]])
        unit, decoder_depth = run.get("unit", 1), run.get("dec", 0)
        channels = config["datasets"][run["dataset"]].get("channels", 3)
        sizes = (*size, channels, run["patch"], unit, run["enc"], decoder_depth)
        architecture = Architecture(*sizes, backbone)
        if "mask" in run:
            check_masking(architecture, run["mask"])
            recipe = config["recipes"]["pretraining"][run["training"]]
            check_boundary(architecture, run["mask"], recipe["sampling"], recipe["boundary_width"])
    except ValueError as problem:
        yield f"experiment {name!r}, model {run['model']!r}: {problem}"


def _not_the_leaves(config: Mapping, name: str, run: Mapping) -> Iterator[str]:
    """Latents that are not known, or patches that are not the leaves of their tree."""
    dataset = config["datasets"][run["dataset"]]
    if dataset["source"] != "hierarchical":
        yield (
            f"experiment {name!r}: the latents of {run['dataset']!r} ({dataset['source']}) are not "
            "known; use a data set of the source hierarchical"
        )
        return
    per_side = 2 ** (len(dataset["noise_sizes"]) - 1)
    if run["patch"] * per_side != dataset["size"][0]:
        yield (
            f"experiment {name!r}: patch size {run['patch']}, but the leaves of {run['dataset']!r} "
            f"have a side of {dataset['size'][0] // per_side} pixels; use that"
        )


def _no_tree(config: Mapping, name: str, run: Mapping, recipe: Mapping) -> Iterator[str]:
    """Arities of trees of latents that do not fit above the mask units."""
    if (size := image_size(config["datasets"][run["dataset"]])) is None:
        return
    n_units = math.prod(side // (run["patch"] * run["unit"]) for side in size)
    for arity in recipe["arities"]:
        if n_units < 2 or arity ** round(math.log(n_units, arity)) != n_units:
            yield (
                f"experiment {name!r}: the {n_units} mask units of patch {run['patch']}, unit "
                f"{run['unit']} are no power of {arity}; take it out of the recipe's `arities`"
            )


def image_size(dataset: Mapping) -> tuple[int, int] | None:
    """Height and width of a data set's images as its config says; None if only files can tell."""
    if "size" in dataset and dataset["size"]:
        height, width = dataset["size"]
        return height, width
    if "height" in dataset:
        return dataset["height"], dataset["width"]
    return SIZES.get(dataset["source"])


def root_state(config: Mapping, dataset: str) -> str:
    """Hash that changes when files are added to or removed from a data set's copy.

    It covers the modification times of the data set's own `root:` and all folders in it (of the
    file, if the copy is one); empty without one, and for a folder that data sets share. As a
    parameter of a rule it makes the data set anew.
    """
    if (root := config["datasets"][dataset].get("root")) is None:
        return ""
    places = [Path(root), *(Path(f) / d for f, folders, _ in os.walk(root) for d in folders)]
    states = sorted(f"{place.relative_to(root)} {place.stat().st_mtime_ns}" for place in places)
    return hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]
