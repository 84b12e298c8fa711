"""What a study asks of a data set, against what its manifest says: all misfits, before training.

Sizes, classes and counts of most sources are known only once their files were read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from spatial_mae.study import advice_fit, candidates, grid, relations, sources
from spatial_mae.study.closed_form_fit import closed_form_misfits, control_misfits
from spatial_mae.study.counts import fitted
from spatial_mae.study.describing import declaration
from spatial_mae.study.fitting import misfits
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.recipes import load

LEAVE_OUT = "leave the experiment out"


def demands(config: Mapping, dataset: str) -> dict:
    """The part of a study's config that says what is measured on a data set.

    besides: experiments that recipes of the study's own name. advise, tune: the blocks, if they
    search with this data set; what they try is made of them where it is checked.
    """
    experiments = [
        grid.measured(entry)
        for entry in config["experiments"]
        if dataset in _shifted(config, entry)
        or any(run.get("dataset") == dataset for run in grid.expand(entry))
    ]
    besides = [other for entry in experiments for other in _besides(config, entry)]
    advise, tune = (_asking(config, name, dataset) for name in ("advise", "tune"))
    runs = [run for entry in experiments for run in grid.expand(entry)]
    used = [(KINDS[entry["kind"]].recipe, entry["recipe"]) for entry in [*experiments, *besides]]
    used += [("pretraining", run["training"]) for run in runs if "training" in run]
    if tune:
        used += [
            ("pretraining", tune["base"]),
            *(("evaluation", name) for name in candidates.SCORED),
        ]
    if advise:
        trainings = [advise["training"], advise["drawn_training"]]
        used += [("pretraining", name) for name in trainings if name]
        used += [("evaluation", name) for name in advice_fit.SCORED]
    shifted = [name for entry in experiments for name in _shifted(config, entry)]
    recipes: dict[str, dict] = {}
    for family, name in dict.fromkeys(used):
        if name in config["recipes"].get(family, {}):
            recipes.setdefault(family, {})[name] = config["recipes"][family][name]
    models = [block["model"] for block in (advise, tune) if block]
    return {
        "datasets": _named(config["datasets"], runs, "dataset", dataset, *shifted),
        "models": _named(config["models"], runs, "model", *models),
        "recipes": recipes,
        "experiments": experiments,
        **({"besides": besides} if besides else {}),
        **({"advise": advise} if advise else {}),
        **({"tune": tune} if tune else {}),
    }


def _asking(config: Mapping, name: str, dataset: str) -> Mapping:
    """The block `advise` or `tune`, if it asks for this data set; else empty."""
    block = config.get(name) or {}
    return block if block.get("dataset") == dataset else {}


def _besides(config: Mapping, entry: Mapping) -> list[dict]:
    """The experiments that an experiment's recipe names, of the same runs and under its name."""
    found = relations.stood_on(config, entry)
    return [{**other, "name": entry["name"], "grids": entry["grids"]} for other in found]


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
    config, searched = candidates.expanded(config), candidates.scored(config)
    entries = [*config["experiments"], *config.get("besides", ())]
    every, advised = [*entries, *searched], advice_fit.scored({**config, "datasets": known})
    found = [*misfits({**config, "datasets": known, "experiments": [*every, *advised]})]
    for entry in entries:
        if _runs(entry, dataset) or dataset in _shifted(config, entry):
            found += _without_labels(config, entry, manifest)
    found += _unsearchable(config, manifest)
    for entry in every:
        if runs := _runs(entry, dataset):
            found += _too_many(entry, runs, manifest)
            found += closed_form_misfits(config, entry, runs, manifest)
            found += _without_depth(config, entry, manifest)
            found += _other_channels(config["datasets"][dataset], entry, runs, manifest)
            found += _without_factors(config, entry, manifest)
    for entry in advised:
        found += _without_factors(config, entry, manifest)
    for entry in config["experiments"]:
        found += control_misfits(config, entry, _runs(entry, dataset), manifest)
    return list(dict.fromkeys([*found, *_fits(config, dataset, manifest, advised)[1]]))


def _runs(entry: Mapping, dataset: str) -> list[grid.Run]:
    """The runs of an experiment on a data set."""
    return [run for run in grid.expand(entry) if run.get("dataset") == dataset]


def count_remarks(config: Mapping, dataset: str, manifest: Mapping) -> list[str]:
    """Which recipes are measured with fewer images than they ask for."""
    return _fits(candidates.expanded(config), dataset, manifest)[0]


def _fits(
    config: Mapping, dataset: str, manifest: Mapping, more: Sequence[Mapping] = ()
) -> tuple[list[str], list[str]]:
    """Counts that are lowered, and recipes that fit no images, or not so few.

    more: experiments besides those of the config and its search for a recipe.
    """
    counts = {split: manifest[f"n_{split}"] for split in ("train", "test")}
    remarks, faults = [], []
    for family, name in _recipes(config, dataset, more):
        values = config["recipes"][family][name]
        try:
            recipe = load(declaration(family), json.dumps(values))
        except ValueError as error:
            faults.append(f"recipe {name!r} of {family}: {error}")
            continue
        try:
            changed = fitted(recipe, counts)[1]
            remarks += [f"recipe {name!r} of {family}: {remark}" for remark in changed]
        except ValueError as error:
            faults.append(
                f"recipe {name!r} of {family} on data set {dataset!r}, with {counts['train']} "
                f"training and {counts['test']} test images: {error}"
            )
    return remarks, faults


def _recipes(config: Mapping, dataset: str, more: Sequence[Mapping]) -> list[tuple[str, str]]:
    """(family, name) of the recipes that are used on a data set."""
    found = []
    entries = [*config["experiments"], *config.get("besides", ()), *candidates.scored(config)]
    entries += more
    for entry in entries:
        runs = _runs(entry, dataset)
        found += [(KINDS[entry["kind"]].recipe, entry["recipe"])] if runs else []
        found += [("pretraining", run["training"]) for run in runs if "training" in run]
    return list(dict.fromkeys(found))


def _without_labels(config: Mapping, entry: Mapping, manifest: Mapping) -> Iterator[str]:
    if manifest["classes"]:
        return
    kind, name = KINDS[entry["kind"]], entry["recipe"]
    family = kind.recipe
    recipe = config["recipes"].get(family, {}).get(name, {})
    without = "set `n_classes: 0` in the recipe"
    advice = {
        "evaluation": "set `representations: []` in the recipe"
        * bool(recipe.get("representations")),
        "inspection": (LEAVE_OUT if "n_classes" in kind.needs else without)
        * bool(recipe.get("n_classes")),
        "classification": LEAVE_OUT,
        "robustness": LEAVE_OUT,
    }.get(family)
    if advice:
        yield (
            f"experiment {entry['name']!r}, recipe {name!r} of {family}: data set "
            f"{manifest['dataset']!r} has no classes to learn; {advice}, or bring images in "
            "class folders"
        )


def _unsearchable(config: Mapping, manifest: Mapping) -> Iterator[str]:
    """A search for a recipe compares probes of classes."""
    if config.get("tune") and not manifest["classes"]:
        yield (
            f"tune.dataset: data set {manifest['dataset']!r} has no classes, by whose probes "
            "recipes are compared; name another one, bring images in class folders, or leave the "
            "block out"
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


def _without_depth(config: Mapping, entry: Mapping, manifest: Mapping) -> Iterator[str]:
    """Depth as what a readout predicts, or as one of the targets of a recipe of gains."""
    if manifest["has_depth"]:
        return
    kind, name = KINDS[entry["kind"]], entry["recipe"]
    asked = config["recipes"].get(kind.recipe, {}).get(name, {}).get("depth")
    way = {
        "predict_depth": "leave the experiment out",
        "predict_gains": f"set `depth: null` in the recipe {name!r} of gains" * bool(asked),
    }.get(kind.rule)
    if way:
        yield (
            f"experiment {entry['name']!r}: data set {manifest['dataset']!r} has no depth; {way}, "
            "or name a data set of the sources dead_leaves or cityscapes"
        )
