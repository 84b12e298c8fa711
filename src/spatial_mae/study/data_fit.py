"""What a study asks of a data set, against what its manifest says: all misfits, before training.

Sizes, classes and counts of most sources are known only once their files were read.
"""

import json
from collections.abc import Iterator, Mapping

from spatial_mae.study import grid, relations, sources
from spatial_mae.study.counts import fitted, number_of
from spatial_mae.study.describing import declaration
from spatial_mae.study.fitting import misfits
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.recipes import load
from spatial_mae.study.sizes import MOST_DECOMPOSED

# Families whose recipes say how many images are read.
COUNTING = ("pretraining", "classification", "evaluation", "similarity", "inspection", "recovery")
COUNTING += ("level_recovery", "jacobian", "basis", "comparison", "masked_loss")

# Rules that read features of all latents, which large images do not have.
OF_FEATURES = ("predict_gabor", "predict_depth")


def demands(config: Mapping, dataset: str) -> dict:
    """The part of a study's config that says what is measured on a data set."""
    experiments = [
        grid.measured(entry)
        for entry in config["experiments"]
        if dataset in _shifted(config, entry)
        or any(run.get("dataset") == dataset for run in grid.expand(entry))
    ]
    runs = [run for entry in experiments for run in grid.expand(entry)]
    used = [(KINDS[entry["kind"]].recipe, entry["recipe"]) for entry in experiments]
    used += [("pretraining", run["training"]) for run in runs if "training" in run]
    shifted = [name for entry in experiments for name in _shifted(config, entry)]
    recipes: dict[str, dict] = {}
    for family, name in dict.fromkeys(used):
        if name in config["recipes"].get(family, {}):
            recipes.setdefault(family, {})[name] = config["recipes"][family][name]
    return {
        "datasets": _named(config["datasets"], runs, "dataset", dataset, *shifted),
        "models": _named(config["models"], runs, "model"),
        "recipes": recipes,
        "experiments": experiments,
    }


def _named(block: Mapping, runs: list[Mapping], key: str, *more: str) -> dict:
    """The entries of a block of the config that the runs name."""
    names = dict.fromkeys([*more, *(run[key] for run in runs if key in run)])
    return {name: block[name] for name in names}


def _shifted(config: Mapping, entry: Mapping) -> list[str]:
    """The data sets on whose test images an experiment judges the probes of others."""
    robust = KINDS[entry["kind"]].recipe == "robustness"
    return relations.shifted(config, entry["recipe"]) if robust else []


def data_misfits(config: Mapping, dataset: str, manifest: Mapping) -> list[str]:
    """What cannot be measured on a data set, in words: key, recipe or experiment, what to set.

    config: of `demands`. manifest: of the data set.
    """
    shape = {"size": [manifest["height"], manifest["width"]], "channels": manifest["channels"]}
    known = {**config["datasets"], dataset: {**config["datasets"][dataset], **shape}}
    found = list(misfits({**config, "datasets": known}))
    for entry in config["experiments"]:
        runs = [run for run in grid.expand(entry) if run.get("dataset") == dataset]
        if runs or dataset in _shifted(config, entry):
            found += _without_labels(config, entry, manifest)
        if runs:
            found += _too_many(entry, runs, manifest)
            found += _singular(entry, runs, manifest)
            found += _too_large(config, entry, runs, manifest)
            found += _too_few_to_extrapolate(config, entry, runs, manifest)
            found += _without_depth(entry, manifest)
            found += _other_channels(config["datasets"][dataset], entry, runs, manifest)
            found += _without_factors(config, entry, manifest)
    return list(dict.fromkeys([*found, *_fits(config, dataset, manifest)[1]]))


def count_remarks(config: Mapping, dataset: str, manifest: Mapping) -> list[str]:
    """Which recipes are measured with fewer images than they ask for."""
    return _fits(config, dataset, manifest)[0]


def _fits(config: Mapping, dataset: str, manifest: Mapping) -> tuple[list[str], list[str]]:
    """Counts that are lowered, and recipes that cannot do with so few images."""
    counts = {split: manifest[f"n_{split}"] for split in ("train", "test")}
    remarks, faults = [], []
    for family, name in _recipes(config, dataset):
        values = config["recipes"][family][name]
        try:
            changed = fitted(load(declaration(family), json.dumps(values)), counts)[1]
            remarks += [f"recipe {name!r} of {family}: {remark}" for remark in changed]
        except ValueError as error:
            faults.append(
                f"recipe {name!r} of {family} on data set {dataset!r}, with {counts['train']} "
                f"training and {counts['test']} test images: {error}"
            )
    return remarks, faults


def _recipes(config: Mapping, dataset: str) -> list[tuple[str, str]]:
    """(family, name) of the recipes that are used on a data set and count its images."""
    found = []
    for entry in config["experiments"]:
        runs = [run for run in grid.expand(entry) if run.get("dataset") == dataset]
        found += [(KINDS[entry["kind"]].recipe, entry["recipe"])] if runs else []
        found += [("pretraining", run["training"]) for run in runs if "training" in run]
    return list(dict.fromkeys(one for one in found if one[0] in COUNTING))


def _without_labels(config: Mapping, entry: Mapping, manifest: Mapping) -> Iterator[str]:
    if manifest["classes"]:
        return
    family, name = KINDS[entry["kind"]].recipe, entry["recipe"]
    recipe = config["recipes"].get(family, {}).get(name, {})
    advice = {
        "evaluation": "set `representations: []` in the recipe"
        * bool(recipe.get("representations")),
        "inspection": "set `n_classes: 0` in the recipe" * bool(recipe.get("n_classes")),
        "classification": "leave the experiment out",
        "robustness": "leave the experiment out",
    }.get(family)
    if advice:
        yield (
            f"experiment {entry['name']!r}, recipe {name!r} of {family}: data set "
            f"{manifest['dataset']!r} has no classes to learn; {advice}, or bring images in "
            "class folders"
        )


def _without_factors(config: Mapping, entry: Mapping, manifest: Mapping) -> Iterator[str]:
    if KINDS[entry["kind"]].recipe != "evaluation" or not manifest["classes"]:
        return
    known = ["class", *(manifest.get("factors") or {})]
    recipe = config["recipes"]["evaluation"][entry["recipe"]]
    for label in recipe.get("labels", ()):
        if label not in known:
            yield (
                f"recipe {entry['recipe']!r} of evaluation: label {label!r}, but data set "
                f"{manifest['dataset']!r} has {', '.join(known)}; name some of these under labels"
            )


def _too_many(entry: Mapping, runs: list[Mapping], manifest: Mapping) -> Iterator[str]:
    n_train = manifest["n_train"]
    for n in {run["n"]: None for run in runs if isinstance(run.get("n"), int)}:
        if n > n_train:
            yield (
                f"experiment {entry['name']!r}: n {n}, but data set {manifest['dataset']!r} has "
                f"{n_train} training images; use 1 to {n_train}, a share such as 50%, or all"
            )


def _singular(entry: Mapping, runs: list[Mapping], manifest: Mapping) -> Iterator[str]:
    """Closed forms without a ridge, of fewer images than a patch has values."""
    for run in runs:
        if run.get("ridge") != 0 or "patch" not in run:
            continue
        n = number_of(run["n"], manifest["n_train"]) * (1 + run["flip"])
        values = run["patch"] ** 2 * (manifest["channels"] if run["colour"] == "rgb" else 1)
        if n - (run["centring"] != "raw") < values:
            yield (
                f"experiment {entry['name']!r}: the moments of {n} images of "
                f"{manifest['dataset']!r} are singular in patches of {values} values (patch "
                f"{run['patch']}, {run['colour']}) without a ridge; set `ridge: [0.001]`, or use "
                "smaller patches"
            )


def _too_large(
    config: Mapping, entry: Mapping, runs: list[Mapping], manifest: Mapping
) -> Iterator[str]:
    """What is only known where second moments are decomposed into eigenvectors."""
    rule, family = KINDS[entry["kind"]].rule, KINDS[entry["kind"]].recipe
    for run in (run for run in runs if "patch" in run and "colour" in run):
        values = _values(run, manifest)
        if values <= MOST_DECOMPOSED:
            continue
        large = f"images of {manifest['dataset']!r} have {values:,} values ({run['colour']})"
        if rule in OF_FEATURES:
            yield (
                f"experiment {entry['name']!r}: {large}, and features of all latents are known for "
                f"at most {MOST_DECOMPOSED:,}; set a smaller `size`, or leave the experiment out"
            )
        recipe = config["recipes"].get(family, {}).get(entry["recipe"], {})
        hidden = family == "linear" and "hidden" in recipe.get("samplings", ())
        if hidden and list(recipe["n_latents"]) != ["all"]:
            yield (
                f"experiment {entry['name']!r}, recipe {entry['recipe']!r} of linear: {large}, and "
                "the loss on hidden patches is known for all latents only; set `n_latents: [all]`"
            )


def _values(run: Mapping, manifest: Mapping) -> int:
    """Of an image in the run's colour."""
    channels = manifest["channels"] if run.get("colour") == "rgb" else 1
    return manifest["height"] * manifest["width"] * channels


def _too_few_to_extrapolate(
    config: Mapping, entry: Mapping, runs: list[Mapping], manifest: Mapping
) -> Iterator[str]:
    """Limits of influence whose smallest subsets have no more images than an image has values."""
    family, name = KINDS[entry["kind"]].recipe, entry["recipe"]
    if family != "influence_limit":
        return
    recipe = load(declaration(family), json.dumps(config["recipes"][family][name]))
    for run in runs:
        n = number_of(run["n"], manifest["n_train"])
        each = int(n * (1 - recipe.held_out)) // 2**recipe.halvings
        values = _values(run, manifest)
        if each <= values:
            yield (
                f"experiment {entry['name']!r}, recipe {name!r} of {family}: {n} images of "
                f"{manifest['dataset']!r} make subsets of {each}, but more than the {values} "
                "values of an image are needed; bring more images, make them smaller (`size`), "
                "set fewer `halvings` (3 at least), or leave the experiment out"
            )


def _other_channels(
    declared: Mapping, entry: Mapping, runs: list[Mapping], manifest: Mapping
) -> Iterator[str]:
    """Networks planned for images of another number of channels than the files hold."""
    planned, found = sources.channels(declared), manifest["channels"]
    if planned != found and any("model" in run for run in runs):
        yield (
            f"experiment {entry['name']!r}: the images of {manifest['dataset']!r} have {found} "
            f"channels, and networks are planned for {planned}; set `channels: {found}` of that "
            "data set"
        )


def _without_depth(entry: Mapping, manifest: Mapping) -> Iterator[str]:
    if KINDS[entry["kind"]].rule == "predict_depth" and not manifest["has_depth"]:
        yield (
            f"experiment {entry['name']!r}: data set {manifest['dataset']!r} has no depth; leave "
            "the experiment out, or name a data set of the sources dead_leaves or cityscapes"
        )
