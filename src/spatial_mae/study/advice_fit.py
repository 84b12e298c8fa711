"""What in the block `advise` does not fit the rest of a config, found before anything runs."""

import math
from collections.abc import Iterator, Mapping

from spatial_mae.advise.candidates import admits, drawn_mask, feasible, undrawable
from spatial_mae.study import fitting, shares, sources
from spatial_mae.study.advising import LABELLED, TESTED, TESTED_UNLABELLED, UNLABELLED, run_of

SCORED = (LABELLED, UNLABELLED, TESTED, TESTED_UNLABELLED)  # recipes of evaluation


def misfits(config: Mapping) -> Iterator[str]:
    """What in the block `advise` does not fit the rest of the config."""
    found = config.get("advise")
    if not found:
        return
    faults = [*_unknown(config, found), *_no_class_token(config, found)]
    recipes = config["recipes"].get("pretraining", {})
    if found["training"] in recipes:
        faults += [*_unkept(found, recipes[found["training"]]), *_misdrawn(found, recipes)]
    yield from faults
    yield from _unscored(config, found)
    if not faults:
        yield from fitting.misfits({**config, "experiments": scored(config)})


def _unknown(config: Mapping, found: Mapping) -> Iterator[str]:
    named = {
        "dataset": config["datasets"],
        "model": config["models"],
        "training": config["recipes"].get("pretraining", {}),
    }
    for key, known in named.items():
        if found[key] not in known:
            yield f"advise.{key}: {found[key]!r} is not there; name one of {[*known]}"


def _no_class_token(config: Mapping, found: Mapping) -> Iterator[str]:
    for name in SCORED if found["model"] in config["models"] else ():
        for problem in fitting.without_class_token(config, "evaluation", name, found["model"]):
            yield f"advise.model: {problem}"


def _unscored(config: Mapping, found: Mapping) -> Iterator[str]:
    """Recipes of evaluation that are missing, or score others than what is needed."""
    searched, tested = (LABELLED, UNLABELLED), (TESTED, TESTED_UNLABELLED)
    recipes = config["recipes"].get("pretraining", {})
    share = recipes.get(found["training"], {}).get("held_out")
    yield from shares.unscored(config, searched, tested, share, "advise")
    if found["objective"] in ("auto", "labels"):
        yield from shares.unprobed(config, (LABELLED, TESTED))
    yield from _uncompared(found, config["recipes"].get("evaluation", {}))


def _uncompared(found: Mapping, recipes: Mapping) -> Iterator[str]:
    """Recipes of evaluation that do not measure what settings are compared by at every rung."""
    for name in (LABELLED, UNLABELLED):
        place, recipe = f"recipes.evaluation.{name}", recipes.get(name)
        if recipe and len(found["rungs"]) > 1 and recipe["checkpoints"] != "all":
            yield (
                f"{place}.checkpoints: settings are compared at epochs {found['rungs']}, of which "
                "`last` leaves one; set it to all"
            )
        if recipe and found["objective"] == "agreement" and recipe["n_halved"] < 2:
            yield (
                f"{place}.n_halved: {recipe['n_halved']}, but settings are compared by the "
                "agreement of halves; set 2 or more, such as 1000"
            )


def scored(config: Mapping) -> list[dict]:
    """The runs that advice may ask for as experiments, by which what does not fit is found.

    None without the block, or where only files show the images' size, or no patch size suits it,
    which the first look at the images refuses.
    """
    block = config.get("advise")
    size = block and sources.image_size(config["datasets"][block["dataset"]])
    if not size:
        return []
    runs = [run_of(block, setting, 0) for setting in _settings(block, *size)]
    grids = [{key: [value] for key, value in run.items()} for run in runs]
    names = [name for name in SCORED if name in config["recipes"].get("evaluation", {}) and grids]
    return [{"name": "advise", "kind": "evaluation", "recipe": n, "grids": grids} for n in names]


def _settings(block: Mapping, height: int, width: int) -> Iterator[dict]:
    """Patch sizes and mask ratios that images of this size admit, the default among them."""
    drawn = drawn_mask(block["drawn"])
    tried = [*block["masks"], *([drawn] if drawn else [])]
    try:
        masks = feasible(height, width, block["patches"], tried, block["common_mask"])[0]
    except ValueError:
        return
    undrawable(height, width, masks, block["drawn"])
    yield from ({"patch": patch, "mask": mask} for patch, found in masks.items() for mask in found)
    patch, mask = block["default"]
    if patch == int(patch) and admits(height, width, int(patch), mask):
        yield {"patch": int(patch), "mask": mask}


def _misdrawn(found: Mapping, recipes: Mapping) -> Iterator[str]:
    """What is wrong with the candidate whose mask ratio is drawn."""
    drawn, name = found["drawn"], found["drawn_training"]
    if (drawn is None) != (name is None):
        yield "advise.drawn, advise.drawn_training: set both, or neither (null)"
    if drawn is None or name is None:
        return
    low, high = drawn
    half = round((high - low) / 2, 6)
    middle = drawn_mask(drawn)
    if half <= 0 or middle in (*found["masks"], found["common_mask"]):
        yield (
            f"advise.drawn: [{low:g}, {high:g}] must increase, and its middle, {middle:g}, must "
            "not be one of `masks`"
        )
    wanted = {**recipes[found["training"]], "mask_half_width": half}
    if name not in recipes:
        yield f"advise.drawn_training: {name!r} is not there; name one of {[*recipes]}"
    elif differing := [k for k in wanted if not _same(recipes[name][k], wanted[k])]:
        yield (
            f"advise.drawn_training: the recipe {name!r} of pretraining differs from "
            f"{found['training']!r} by {differing}; it must differ by `mask_half_width: {half:g}` "
            "alone"
        )


def _same(value: object, wanted: object) -> bool:
    if isinstance(wanted, float):
        return math.isclose(value, wanted, abs_tol=1e-9)
    return value == wanted


def _unkept(found: Mapping, recipe: Mapping) -> Iterator[str]:
    rungs, kept = list(found["rungs"]), recipe["checkpoints"]
    if rungs != sorted(set(rungs)) or rungs[-1] >= recipe["epochs"]:
        yield f"advise.rungs: {rungs} must increase and end before epoch {recipe['epochs']}"
    if missing := [epoch for epoch in rungs if epoch not in kept]:
        yield (
            f"advise.rungs: the recipe {found['training']!r} of pretraining does not keep epochs "
            f"{missing}; name them under its `checkpoints`"
        )
    if not recipe["held_out"]:
        yield (
            f"advise.training: the recipe {found['training']!r} holds no training images out to "
            "choose by; set its `held_out`, such as 0.2"
        )
    if recipe["normalise_targets"]:
        yield (
            f"advise.training: the recipe {found['training']!r} has `normalise_targets: true`; a "
            "predicted patch then takes its mean and deviation from the true one, so that hidden "
            "errors do not compare patch sizes, nor networks with the closed form; set it to false"
        )
