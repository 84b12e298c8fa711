"""The merged config, checked and with its defaults, before the workflow plans a single job."""

from collections.abc import Iterator, Mapping

from spatial_mae.study import advice_fit, candidates, drawing, grid, ladders, shares
from spatial_mae.study.checking import faults, nearest
from spatial_mae.study.fitting import misfits
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.relations import stood_on
from spatial_mae.study.schema import completed, schema
from spatial_mae.study.user_files import missing_files

OLD_FORM = (
    "the config has a block `figures:`, the form of an earlier version: now each experiment names "
    "its own figures, where they are not the usual ones of its kind (`figures: []` for none). To "
    "rewrite your file: `python -m spatial_mae.cli.upgrade_config FILE`"
)
OUTLINED = "outlined_shapes"  # the source whose objects detectors can learn


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


def checked(config: Mapping) -> dict:
    """The config with all its defaults.

    Raises ValueError listing every problem and how to fix it: first keys and values, then
    names, figures, what does not fit together, and files that are not there.
    """
    if "figures" in config:
        raise ValueError(OLD_FORM)
    _refuse(list(faults(config, schema())))
    whole = completed(config)
    untunable = list(candidates.misfits(whole))
    whole = whole if untunable else candidates.expanded(whole)
    unknown = {n: list(_unknown_names(whole, e)) for n, e in enumerate(whole["experiments"])}
    sound = [whole["experiments"][number] for number, found in unknown.items() if not found]
    known = {**whole, "experiments": sound}
    _refuse(
        [
            *_named_twice(whole),
            *drawing.unfit_figures(whole),
            *dict.fromkeys(problem for found in unknown.values() for problem in found),
            *misfits(known),
            *drawing.empty(known),
            *advice_fit.misfits(known),
            *untunable,
            *ladders.misfits(known),
            *shares.misfits(known),
            *missing_files(known),
        ]
    )
    return whole


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ValueError("the config cannot be run:\n" + "\n".join(f"  - {p}" for p in problems))


def _named_twice(config: Mapping) -> Iterator[str]:
    names = [entry["name"] for entry in config["experiments"]]
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    yield from (f"two experiments are named {name!r}; rename one" for name in twice)


def _unknown_names(config: Mapping, entry: Mapping) -> Iterator[str]:
    """Keys that an experiment's kind lacks; recipes, data sets and models that are not there."""
    yield from grid.unfit_keys(entry)
    recipes = config["recipes"].get(KINDS[entry["kind"]].recipe, {})
    if entry["recipe"] not in recipes:
        yield (
            f"experiment {entry['name']!r} names no recipe of kind {entry['kind']!r}: "
            f"{entry['recipe']!r}; {nearest(entry['recipe'], recipes)}"
        )
    yield from _unknown_datasets(config, entry["recipe"], recipes.get(entry["recipe"], {}))
    if entry["recipe"] in recipes:
        yield from _unknown_recipes(config, entry)
    for key, (what, known) in _named(config).items():
        for name in _values_of(entry, key):
            if name not in known:
                near = nearest(name, known)
                yield f"experiment {entry['name']!r} names no {what}: {name!r}; {near}"


def _unknown_datasets(config: Mapping, name: str, recipe: Mapping) -> Iterator[str]:
    """Data sets that a recipe names and that are not there, or have no outlines."""
    generated = [recipe["generated"]] if recipe.get("generated") else []
    for dataset in (*recipe.get("prepared", ()), *generated):
        if dataset not in config["datasets"]:
            near = nearest(dataset, config["datasets"])
            yield f"recipe {name!r} names no data set: {dataset!r}; {near}"
        elif dataset in generated and config["datasets"][dataset]["source"] != OUTLINED:
            outlined = [n for n, d in config["datasets"].items() if d["source"] == OUTLINED]
            yield (
                f"recipe {name!r} of detection: generated {dataset!r} has no outlines; name a data "
                f"set of the source {OUTLINED} (there: {', '.join(outlined) or 'none'})"
            )


def _unknown_recipes(config: Mapping, entry: Mapping) -> Iterator[str]:
    """Recipes of other families that a recipe names, and a probe that its evaluation lacks."""
    kind, name = entry["kind"], entry["recipe"]
    for other in stood_on(config, entry):
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
