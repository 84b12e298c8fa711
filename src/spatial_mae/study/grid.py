"""From an experiment in the config to its runs and their files. Pure: standard library only.

An experiment names a kind, a recipe and a list of grids; each grid is a mapping from key to values
and stands for their product. A run is one choice of values. Its place on disk is a path whose
directory names are slugs such as `patch-4_centring-raw_ridge-0_flip-no`: keys in a fixed order,
built and parsed here only.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from spatial_mae.study.cards import NAMES, Kind
from spatial_mae.study.measurements import (
    CONTROL,
    KINDS,
    MOMENT,
    PRETRAINING,
    RELATED,
    SOLUTION,
)
from spatial_mae.study.recipes import nearest

Run = dict[str, object]


def slug(values: Mapping[str, object], keys: Sequence[str]) -> str:
    """`{"patch": 4, "ridge": 0.001}` -> `patch-4_ridge-0.001`, keys in the given order.

    Raises ValueError if a value holds a character that would not parse back ('_' or '/').
    """
    parts = [f"{key}-{_text(values[key])}" for key in keys]
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
    kind = _kind(experiment)
    if problem := next(unfit_keys(experiment), None):
        raise ValueError(problem)
    runs = []
    for grid in experiment.get("grids") or [{}]:
        runs += [
            dict(zip(kind.keys, v, strict=True)) for v in product(*(grid[k] for k in kind.keys))
        ]
    return list({_identity(run): run for run in runs}.values())


def run_table(experiment: Mapping, run: Run) -> str:
    """The file of one run of an experiment."""
    kind = _kind(experiment)
    slugs = {w: slug({**run, "split": "train"}, keys) for w, keys in kind.slugs.items()}
    names = {name: run.get(name) for name in NAMES}
    return kind.table.format(recipe=experiment["recipe"], **names, **slugs)


def run_tables(experiment: Mapping) -> list[str]:
    return [run_table(experiment, run) for run in expand(experiment)]


def manifests(experiment: Mapping) -> list[str]:
    """The manifests of the data sets an experiment uses."""
    names = dict.fromkeys(run["dataset"] for run in expand(experiment) if "dataset" in run)
    return [f"results/data/{name}/manifest.json" for name in names]


def test_moment(moment: str) -> str:
    """The slug of the moments of the whole test split that belong to a slug of training moments."""
    return slug({**parse(moment), "n": "all", "split": "test"}, MOMENT)


def pretrained(run: Mapping) -> str:
    """The folder of a pretraining run."""
    folder = "results/pretrain/{dataset}/{model}/{training}/{slug}"
    return folder.format(slug=slug(run, PRETRAINING), **{name: run[name] for name in NAMES})


def weights(config: Mapping) -> list[str]:
    """The weights of every pretraining run of the study."""
    runs = [run for e in config["experiments"] if "training" in _kind(e).keys for run in expand(e)]
    return list(dict.fromkeys(f"{pretrained(run)}/weights.safetensors" for run in runs))


def reference(config: Mapping, recipe: str, run: str) -> str:
    """The slug of the run whose layers `run` (a slug) is compared with, as the recipe says."""
    changes = config["recipes"]["similarity"][recipe]["reference"]
    return slug({**parse(run), **changes}, PRETRAINING)


def related(config: Mapping, recipe: str) -> list[Mapping]:
    """Experiments without grids, one a kind of table behind both papers' quantities."""
    names = config["recipes"]["both_papers"][recipe]
    return [{"name": kind, "kind": kind, "recipe": names[KINDS[kind].recipe]} for kind in RELATED]


def probed(config: Mapping, recipe: str) -> Mapping:
    """An experiment without grids: the evaluation whose probe a robustness recipe judges."""
    name = config["recipes"]["robustness"][recipe]["evaluation"]
    return {"name": "evaluation", "kind": "evaluation", "recipe": name}


def probes(config: Mapping, recipe: str, run: Mapping) -> str:
    """The file of a run's probes that a robustness recipe judges."""
    entry = probed(config, recipe)
    folder = run_table(entry, run).rpartition("/")[0]
    return f"{folder}/probes_{entry['recipe']}.npz"


def control_moment(config: Mapping, recipe: str) -> str:
    """The slug of the moments behind the controls of an evaluation recipe."""
    colour = config["recipes"]["evaluation"][recipe]["control_colour"]
    return slug({"colour": colour, "n": "all", "split": "train"}, MOMENT)


def own_moment(config: Mapping, dataset: str) -> str:
    """The slug of the moments of a data set's training images in all their channels."""
    colour = "rgb" if config["datasets"][dataset].get("channels", 3) == 3 else "luma"
    return slug({"colour": colour, "n": "all", "split": "train"}, MOMENT)


def control_solution(config: Mapping, recipe: str, patch: object) -> str:
    """The slug of the linear solution behind the controls of an evaluation recipe."""
    values = config["recipes"]["evaluation"][recipe]
    choice = {"centring": values["control_centring"], "ridge": values["control_ridge"]}
    return slug({"patch": patch, "flip": False, **choice}, SOLUTION)


def controls(
    config: Mapping, recipe: str, dataset: str, model: str, run: str | Mapping
) -> list[str]:
    """The scores that stand beside the probes of a run: raw pixels and PCA, the linear MAE.

    None where the recipe probes nothing or wants no controls.
    """
    wanted = config["recipes"]["evaluation"][recipe]
    if not (wanted["representations"] and wanted["control_colour"]):
        return []
    values = parse(run) if isinstance(run, str) else run
    control = slug({"patch": values["patch"] * values["unit"], "mask": values["mask"]}, CONTROL)
    return [
        f"results/evaluate/pixels/{dataset}/{model}/{recipe}.csv",
        f"results/evaluate/linear/{dataset}/{model}/{control}/{recipe}.csv",
    ]


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
        if _kind(e).stage == stage
    ]


def figures_of(entry: Mapping) -> list[str]:
    """The figures of an experiment: those it names, else its kind's usual ones."""
    named = entry.get("figures")
    return list(_kind(entry).figures if named is None else named)


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


def used_datasets(config: Mapping) -> list[str]:
    """The data sets that some run of the study reads, in order of appearance."""
    runs = (run for e in config["experiments"] for run in expand(e))
    own = [run["dataset"] for run in runs if "dataset" in run]
    robust = [e["recipe"] for e in config["experiments"] if _kind(e).recipe == "robustness"]
    return list(dict.fromkeys([*own, *(n for recipe in robust for n in shifted(config, recipe))]))


def shifted(config: Mapping, recipe: str) -> list[str]:
    """The data sets on whose test images a robustness recipe judges a probe."""
    return config["recipes"]["robustness"][recipe]["prepared"]


def _kind(entry: Mapping) -> Kind:
    if entry["kind"] not in KINDS:
        raise ValueError(
            f"experiment {entry['name']!r}: unknown kind {entry['kind']!r}; "
            f"{nearest(entry['kind'], KINDS)}"
        )
    return KINDS[entry["kind"]]


def unfit_keys(experiment: Mapping) -> Iterator[str]:
    """Keys of its grids that its kind does not have, and those without values."""
    kind, name = _kind(experiment), experiment["name"]
    for grid in experiment.get("grids") or [{}]:
        for key in grid:
            if key not in kind.keys:
                known = nearest(key, kind.keys) if kind.keys else "its kind has no grids"
                yield f"experiment {name!r}: unknown key {key!r}; {known}"
        if missing := [key for key in kind.keys if not grid.get(key)]:
            yield f"experiment {name!r}: its grid gives no values for {', '.join(missing)}"


def _identity(run: Run) -> tuple:
    return tuple(_text(value) for value in run.values())


def _text(value: object) -> str:
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
