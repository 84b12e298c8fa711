"""From an experiment in the config to its runs and their files. Pure: standard library only.

An experiment names a kind, a recipe and a list of grids; each grid is a mapping from key to values
and is expanded to their product. A run is one choice of values. Its place on disk is a path whose
directory names are slugs such as `patch-4_centring-raw_ridge-0_flip-no`: keys in a fixed order,
built and parsed here only.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product

from spatial_mae.study.cards import Kind, Rule
from spatial_mae.study.checking import nearest
from spatial_mae.study.measurements import KINDS

Run = dict[str, object]


def slug(values: Mapping[str, object], keys: Sequence[str]) -> str:
    """`{"patch": 4, "ridge": 0.001}` -> `patch-4_ridge-0.001`, keys in the given order.

    Raises ValueError if a value holds a character that would not parse back ('_' or '/').
    """
    parts = [f"{key}-{text_of(values[key])}" for key in keys]
    if bad := [part for part in parts if "_" in part or "/" in part]:
        raise ValueError(
            f"{bad[0]!r} cannot be part of a path: '_' and '/' are not allowed in values"
        )
    return "_".join(parts)


def parse(text: str) -> Run:
    """The inverse of `slug`: numbers come back as int or float. Raises ValueError if malformed."""
    pairs = [part.partition("-") for part in text.split("_")]
    if bad := [key for key, dash, value in pairs if not (key and dash and value)]:
        raise ValueError(f"{text!r} is not a slug: {bad[0]!r} has no value (expected key-value)")
    return {key: _number(value) for key, _, value in pairs}


def expand(experiment: Mapping) -> list[Run]:
    """All runs of an experiment, without repeats, in the order of its grids.

    Raises ValueError for an unknown kind, a key the kind does not have, or a missing one.
    """
    kind_of(experiment)
    if problem := next(unfit_keys(experiment), None):
        raise ValueError(problem)
    found = _runs(experiment["kind"], json.dumps(experiment.get("grids") or [{}]))
    return [dict(run) for run in found]


@cache
def _runs(kind: str, grids: str) -> list[Run]:
    """The runs of grids (JSON): a plan asks for those of an experiment many times."""
    keys = KINDS[kind].keys
    products = (product(*(grid[key] for key in keys)) for grid in json.loads(grids))
    runs = [dict(zip(keys, values, strict=True)) for found in products for values in found]
    return list({_identity(run): run for run in runs}.values())


def wildcards(rule: Rule, run: Mapping, recipe: str | None = None) -> dict[str, str]:
    """The values of a rule's wildcards for a run: slugs of its keys, names, the recipe.

    `split`, if a slug has it, is `train` unless the run says otherwise.
    """
    whole = {"split": "train", "recipe": recipe, **run}
    keys = rule.slugs
    return {w: slug(whole, keys[w]) if w in keys else str(whole[w]) for w in rule.wildcards}


def run_table(experiment: Mapping, run: Run) -> str:
    """The file of one run of an experiment."""
    kind = kind_of(experiment)
    return kind.table.format(**wildcards(kind.card, run, experiment["recipe"]))


def run_tables(experiment: Mapping) -> list[str]:
    return [run_table(experiment, run) for run in expand(experiment)]


def manifests(experiment: Mapping) -> list[str]:
    """The manifests of the data sets an experiment uses."""
    names = dict.fromkeys(run["dataset"] for run in expand(experiment) if "dataset" in run)
    return [f"results/data/{name}/manifest.json" for name in names]


def experiment(config: Mapping, name: str) -> Mapping:
    """The experiment of that name. Raises ValueError naming the nearest one."""
    known = {e["name"]: e for e in config["experiments"]}
    if name not in known:
        raise ValueError(f"no experiment named {name!r}; {nearest(name, known)}")
    return known[name]


def stage_tables(config: Mapping, stage: str) -> list[str]:
    """The tables of all experiments of a stage (`linear`, `tasks`, `evaluation`, ...)."""
    return [
        f"results/{config['study']}/tables/{e['name']}.csv"
        for e in config["experiments"]
        if kind_of(e).stage == stage
    ]


def figures_of(entry: Mapping) -> list[str]:
    """The figures of an experiment: those it names, else its kind's usual ones."""
    named = entry.get("figures")
    return list(kind_of(entry).figures if named is None else named)


def figures(config: Mapping) -> dict[str, str]:
    """Figure -> the experiment it is drawn from, in the order of the experiments."""
    return {figure: e["name"] for e in config["experiments"] for figure in figures_of(e)}


def measured(entry: Mapping) -> dict:
    """What decides an experiment's table: all of it but its figures."""
    return {key: value for key, value in entry.items() if key != "figures"}


def drawing(figure: str) -> str:
    """The module that draws a figure: its name up to a hyphen, behind which a variant is named."""
    return figure.partition("-")[0]


def figure_files(config: Mapping, suffix: str = "pdf") -> list[str]:
    return [f"results/{config['study']}/figures/{name}.{suffix}" for name in figures(config)]


def kind_of(entry: Mapping) -> Kind:
    """The kind of an experiment. Raises ValueError naming the nearest known one."""
    if entry["kind"] not in KINDS:
        raise ValueError(
            f"experiment {entry['name']!r}: unknown kind {entry['kind']!r}; "
            f"{nearest(entry['kind'], KINDS)}"
        )
    return KINDS[entry["kind"]]


def unfit_keys(experiment: Mapping) -> Iterator[str]:
    """Keys of its grids that its kind does not have, and those without values."""
    kind, name = kind_of(experiment), experiment["name"]
    for grid in experiment.get("grids") or [{}]:
        for key in grid:
            if key not in kind.keys:
                known = nearest(key, kind.keys) if kind.keys else "its kind has no grids"
                yield f"experiment {name!r}: unknown key {key!r}; {known}"
        if missing := [key for key in kind.keys if not grid.get(key)]:
            yield f"experiment {name!r}: its grid gives no values for {', '.join(missing)}"


def _identity(run: Run) -> tuple:
    return tuple(text_of(value) for value in run.values())


def text_of(value: object) -> str:
    """A value as paths and tables have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, ".12g") if isinstance(value, float) else str(value)


def _number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
