"""The candidates of a search for a better recipe: ordinary recipes of pretraining, in the config.

`tune_00` is the base, the others are drawn from all combinations of the factors' values. Each has a
`_validated` version, under which it is trained again if it wins.
"""

import json
import random
from collections.abc import Iterator, Mapping
from itertools import product

from spatial_mae.study import fitting, schema, shares, sources
from spatial_mae.study.checking import faults, nearest
from spatial_mae.study.counts import left
from spatial_mae.study.recipes import load
from spatial_mae.training.recipe import PretrainingRecipe

BASE = "tune_00"
UNIT, WARMUP = "unit", "warmup_epochs"
GIVEN = ("epochs", "checkpoints", "held_out", "n_train")  # alike for all, or nothing compares
LABELLED, TESTED = SCORED = ("tune", "tune_test")  # recipes of evaluation


def validated(candidate: str) -> str:
    """The name of the recipe under which a candidate is trained again."""
    return f"{candidate}_validated"


def candidates(config: Mapping) -> dict[str, dict]:
    """Candidate -> its value of each factor; the base first. The same for the same block."""
    block = config["tune"]
    base = base_values(config)
    others = [values for values in combinations(block) if values != base]
    rng = random.Random(block["seed"])
    others.sort(key=lambda _: rng.random())
    drawn = [base, *({key: one[key] for key in base} for one in others[: block["n"] - 1])]
    return {f"tune_{number:02d}": values for number, values in enumerate(drawn)}


def combinations(block: Mapping) -> list[dict]:
    """All combinations of the factors' values; their order is not that of the config's keys."""
    factors = sorted(block["factors"].items())
    names, values = [key for key, _ in factors], [found for _, found in factors]
    return [dict(zip(names, chosen, strict=True)) for chosen in product(*values)]


def base_values(config: Mapping) -> dict:
    """The base's value of each factor."""
    block = config["tune"]
    whole = {**_base(config), UNIT: block["unit"]}
    return {key: whole[key] for key in block["factors"]}


def _base(config: Mapping) -> Mapping:
    return config["recipes"]["pretraining"][config["tune"]["base"]]


def recipe(config: Mapping, values: Mapping) -> dict:
    """The recipe of pretraining of a candidate; it keeps the weights of all rungs."""
    base = _base(config)
    kept = sorted({*base["checkpoints"], *config["tune"]["rungs"]})
    return {**base, **_but_unit(values), "checkpoints": kept}


def longer(config: Mapping, values: Mapping) -> dict:
    """The recipe under which a candidate is trained again."""
    base, given = _base(config), config["tune"]["validation"]
    whole = {**base, **given, **_but_unit(values)}
    scale = whole["epochs"] / base["epochs"]
    if WARMUP in given and base[WARMUP]:
        scale = given[WARMUP] / base[WARMUP]
    whole[WARMUP] = round(values.get(WARMUP, base[WARMUP]) * scale, 6)
    return whole


def _but_unit(values: Mapping) -> dict:
    return {key: value for key, value in values.items() if key != UNIT}


def expanded(config: Mapping) -> dict:
    """The config with all candidates among its recipes of pretraining, in place of older ones."""
    if not config.get("tune"):
        return dict(config)
    known = config["recipes"]["pretraining"]
    rest = {name: values for name, values in known.items() if not name.startswith("tune_")}
    made = {}
    for name, values in candidates(config).items():
        made |= {name: recipe(config, values), validated(name): longer(config, values)}
    return {**config, "recipes": {**config["recipes"], "pretraining": rest | made}}


def misfits(config: Mapping) -> Iterator[str]:
    """What in the block is not allowed, or does not fit the rest of the config."""
    if not config.get("tune"):
        return
    found = [*_unknown(config), *_unfit_factors(config), *_unfit_validation(config)]
    yield from found
    yield from _unscored(config)
    if not found:
        yield from _unfit_schedule(config)
        yield from _unfit_candidates(config)


def _unknown(config: Mapping) -> Iterator[str]:
    block = config["tune"]
    named = {
        "dataset": config["datasets"],
        "model": config["models"],
        "base": config["recipes"].get("pretraining", {}),
    }
    for key, known in named.items():
        if block[key] not in known:
            yield f"tune.{key}: {block[key]!r} is not there; {nearest(block[key], known)}"
    if block["base"].startswith("tune_"):
        yield f"tune.base: {block['base']!r}: names that start with tune_ are made by the block"


def _declared() -> Mapping:
    """Key that may be a factor -> its schema."""
    blocks = schema.schema()["properties"]
    keys = blocks["recipes"]["properties"]["pretraining"]["additionalProperties"]["properties"]
    grid = blocks["experiments"]["items"]["properties"]["grids"]["items"]["properties"]
    return {**keys, UNIT: grid[UNIT]["items"]}


def _unfit_factors(config: Mapping) -> Iterator[str]:
    """Factors that are unknown or without values, and values that a recipe does not allow."""
    block = config["tune"]
    known = {key: value for key, value in _declared().items() if key not in GIVEN}
    for key, values in block["factors"].items():
        place = f"tune.factors.{key}"
        if key not in known:
            yield f"{place}: no factor; {nearest(key, known)}"
        elif not isinstance(values, list) or not values:
            yield f"{place}: {values!r}: expected a list of values to try"
        elif any(value in values[:number] for number, value in enumerate(values)):
            yield f"{place}: {values} names a value twice"
        else:
            listed = {"type": "array", "items": known[key]}
            yield from faults(values, listed, place)


def _unfit_validation(config: Mapping) -> Iterator[str]:
    block, known = config["tune"], _declared()
    for key, value in block["validation"].items():
        place = f"tune.validation.{key}"
        if key == UNIT or key not in known:
            keys = [name for name in known if name != UNIT]
            yield f"{place}: no key of a recipe of pretraining; {nearest(key, keys)}"
        elif key in block["factors"] and key != WARMUP:
            yield f"{place}: is a factor, and keeps the value that won; name it at one place"
        else:
            yield from faults(value, known[key], place)


def _unscored(config: Mapping) -> Iterator[str]:
    """Recipes of evaluation that are missing, or score others than what is needed."""
    base = config["recipes"].get("pretraining", {}).get(config["tune"]["base"], {})
    share = base.get("held_out")
    yield from shares.unscored(config, [LABELLED], [TESTED], share, "recipes")
    yield from shares.unprobed(config, SCORED)


def _unfit_schedule(config: Mapping) -> Iterator[str]:
    block, base = config["tune"], _base(config)
    rungs = list(block["rungs"])
    if rungs != sorted(set(rungs)) or rungs[-1] >= base["epochs"]:
        yield f"tune.rungs: {rungs} must increase and end before epoch {base['epochs']}"
    if not base["held_out"]:
        yield (
            f"tune.base: the recipe {block['base']!r} of pretraining holds no training images out "
            "to choose by; set its `held_out`, such as 0.1"
        )
    every = combinations(block)
    most = len(every) + (base_values(config) not in every)
    if block["n"] > most:
        yield f"tune.n: {block['n']} candidates, but the factors make {most}; use at most that"
    yield from _large_batches(config)


def _large_batches(config: Mapping) -> Iterator[str]:
    """Batches of more images than there are, where that is known before files are read."""
    block, base = config["tune"], _base(config)
    counts = sources.image_counts(config["datasets"][block["dataset"]])
    if counts is None:
        return
    most = left({"train": counts[0]}, base["held_out"])["train"]
    most = min(most, base["n_train"] or most)
    for size in block["factors"].get("batch_size", [base["batch_size"]]):
        if size > most:
            yield f"tune.factors.batch_size: {size} of {most} training images; use at most that"


def _unfit_candidates(config: Mapping) -> Iterator[str]:
    """Candidates that a recipe does not admit, and networks that the images do not."""
    found = []
    for values in candidates(config).values():
        for place, whole in (("factors", recipe), ("validation", longer)):
            try:
                load(PretrainingRecipe, json.dumps(whole(config, values)))
            except ValueError as error:
                found.append(f"tune.{place}: {error}")
    yield from dict.fromkeys(found)
    if not found:
        yield from fitting.misfits({**expanded(config), "experiments": scored(config)})


def scored(config: Mapping) -> list[dict]:
    """The runs of the search as experiments, by which what does not fit is found; none without."""
    if not config.get("tune"):
        return []
    block = config["tune"]
    same = {key: [block[key]] for key in ("dataset", "model", "patch", "mask", "enc", "dec")}
    grids = [
        {**same, "training": [name], UNIT: [values.get(UNIT, block[UNIT])], "seed": [0]}
        for name, values in candidates(config).items()
    ]
    return [{"name": "tune", "kind": "evaluation", "recipe": r, "grids": grids} for r in SCORED]
