"""From an experiment in the config to its runs and their files. Pure: standard library only.

An experiment names a kind, a recipe and a list of grids; each grid is a mapping from key to values
and stands for their product. A run is one choice of values. Its place on disk is a path whose
directory names are slugs such as `patch-4_centring-raw_ridge-0_flip-no`: keys in a fixed order,
built and parsed here only.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from spatial_mae.recipes import nearest

Run = dict[str, object]

MOMENT = ("colour", "n", "split")
SOLUTION = ("patch", "centring", "ridge", "flip")
ISING = ("lattice", "coupling", "patch", "moment")
SPECTRUM = ("dimensions", "patch", "sampling")


@dataclass(frozen=True)
class Kind:
    """What an experiment measures.

    table: the file of one run, as in the rule that writes it.
    rule: that rule.
    recipe: the family under `recipes:` it reads.
    slugs: wildcard of `table` -> the keys its slug is made of.
    stage: the named target that includes it.
    """

    table: str
    rule: str
    recipe: str
    slugs: Mapping[str, tuple[str, ...]]
    stage: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys a grid of this kind must give, in order (`split` is always `train`)."""
        dataset = ("dataset",) if "{dataset}" in self.table else ()
        slugs = tuple(key for keys in self.slugs.values() for key in keys)
        return dataset + tuple(key for key in slugs if key != "split")


_LINEAR = {"moment": MOMENT, "run": SOLUTION}

KINDS = {
    "autocorrelation": Kind(
        "results/linear/{dataset}/{moment}/autocorrelation_{recipe}.csv",
        "measure_autocorrelation",
        "autocorrelation",
        {"moment": MOMENT},
        "linear",
    ),
    "losses": Kind(
        "results/linear/{dataset}/{moment}/{run}/losses_{recipe}.csv",
        "measure_losses",
        "linear",
        _LINEAR,
        "linear",
    ),
    "influence": Kind(
        "results/linear/{dataset}/{moment}/{run}/influence_{recipe}.csv",
        "measure_influence",
        "linear",
        _LINEAR,
        "linear",
    ),
    "profile": Kind(
        "results/linear/{dataset}/{moment}/{run}/profile_{recipe}.csv",
        "measure_influence",
        "linear",
        _LINEAR,
        "linear",
    ),
    "psd": Kind("results/linear/{dataset}/psd_{recipe}.csv", "measure_psd", "psd", {}, "linear"),
    "ising_weights": Kind(
        "results/ising/{run}/weights_{recipe}.csv", "solve_ising", "ising", {"run": ISING}, "linear"
    ),
    "ising_summary": Kind(
        "results/ising/{run}/summary_{recipe}.csv", "solve_ising", "ising", {"run": ISING}, "linear"
    ),
    "spectrum": Kind(
        "results/spectrum/{run}/spectrum_{recipe}.csv",
        "measure_spectrum",
        "spectrum",
        {"run": SPECTRUM},
        "linear",
    ),
    "lemmas": Kind("results/theory/lemmas_{recipe}.csv", "check_lemmas", "lemmas", {}, "linear"),
    "taylor": Kind("results/theory/taylor_{recipe}.csv", "measure_taylor", "taylor", {}, "linear"),
    "gabor": Kind(
        "results/evaluate/gabor/{dataset}/linear/{moment}/{run}/{recipe}.csv",
        "predict_gabor",
        "gabor",
        _LINEAR,
        "tasks",
    ),
    "depth": Kind(
        "results/evaluate/depth/{dataset}/linear/{moment}/{run}/{recipe}.csv",
        "predict_depth",
        "depth",
        _LINEAR,
        "tasks",
    ),
}

# Sources that `data: {root: ...}` may hold; every other one reads its own `root:` or nothing.
PUBLIC = ("cifar10", "tiny_imagenet", "imagenet64", "cityscapes")
# Sources whose archive a rule can download, and the file it is; the others need `root:`.
ARCHIVES = {"cifar10": "cifar-10-python.tar.gz", "tiny_imagenet": "tiny-imagenet-200.zip"}


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
    runs = []
    for grid in experiment.get("grids") or [{}]:
        _check_grid(experiment["name"], kind, grid)
        runs += [
            dict(zip(kind.keys, v, strict=True)) for v in product(*(grid[k] for k in kind.keys))
        ]
    return list({_identity(run): run for run in runs}.values())


def run_table(experiment: Mapping, run: Run) -> str:
    """The file of one run of an experiment."""
    kind = _kind(experiment)
    slugs = {w: slug({**run, "split": "train"}, keys) for w, keys in kind.slugs.items()}
    return kind.table.format(dataset=run.get("dataset"), recipe=experiment["recipe"], **slugs)


def run_tables(experiment: Mapping) -> list[str]:
    return [run_table(experiment, run) for run in expand(experiment)]


def manifests(experiment: Mapping) -> list[str]:
    """The manifests of the data sets an experiment uses."""
    names = dict.fromkeys(run["dataset"] for run in expand(experiment) if "dataset" in run)
    return [f"results/data/{name}/manifest.json" for name in names]


def test_moment(moment: str) -> str:
    """The slug of the moments of the whole test split that belong to a slug of training moments."""
    return slug({**parse(moment), "n": "all", "split": "test"}, MOMENT)


def experiment(config: Mapping, name: str) -> Mapping:
    """The experiment of that name. Raises ValueError naming the nearest one."""
    known = {e["name"]: e for e in config["experiments"]}
    if name not in known:
        raise ValueError(f"no experiment named {name!r}; {nearest(name, known)}")
    return known[name]


def stage_tables(config: Mapping, stage: str) -> list[str]:
    """The tables of all experiments of a stage (`linear`, `tasks`)."""
    return [
        f"results/{config['study']}/tables/{e['name']}.csv"
        for e in config["experiments"]
        if _kind(e).stage == stage
    ]


def figures(config: Mapping) -> dict[str, str]:
    """Figure -> the experiment it is drawn from, without those an overlay sets to null."""
    return {name: entry["experiment"] for name, entry in config["figures"].items() if entry}


def figure_files(config: Mapping, suffix: str = "pdf") -> list[str]:
    return [f"results/{config['study']}/figures/{name}.{suffix}" for name in figures(config)]


def used_datasets(config: Mapping) -> list[str]:
    """The data sets that some run of the study reads, in order of appearance."""
    runs = (run for e in config["experiments"] for run in expand(e))
    return list(dict.fromkeys(run["dataset"] for run in runs if "dataset" in run))


def archive(config: Mapping, dataset: str) -> list[str]:
    """The archive to download for a data set: none when a copy is given or its source has none."""
    source = config["datasets"][dataset]["source"]
    downloads = source in ARCHIVES and root(config, dataset) is None
    return [f"results/data/archives/{source}/{ARCHIVES[source]}"] if downloads else []


def root(config: Mapping, dataset: str) -> str | None:
    """Where an existing copy of a data set is, if one is named."""
    own = config["datasets"][dataset].get("root")
    shared = config["data"]["root"] if config["datasets"][dataset]["source"] in PUBLIC else None
    return own or shared


def dataset_recipe(config: Mapping, dataset: str) -> dict:
    """What its source needs to make a data set: its config without `source` and `root`."""
    return {k: v for k, v in config["datasets"][dataset].items() if k not in ("source", "root")}


def job_counts(config: Mapping) -> dict[str, int]:
    """How many jobs of each rule the target `report` needs on an empty results folder."""
    jobs: set[tuple[str, str]] = set()
    for entry in config["experiments"]:
        jobs.add(("collect_table", entry["name"]))
        for run in expand(entry):
            jobs |= _jobs_of(entry, run)
    datasets = used_datasets(config)
    jobs |= {("prepare_dataset", name) for name in datasets}
    jobs |= {("download_archive", path) for name in datasets for path in archive(config, name)}
    jobs |= {("draw_figure", name) for name in figures(config)}
    jobs |= {(rule, "") for rule in ("write_config", "judge_claims", "write_report")}
    return dict(Counter(rule for rule, _ in jobs))


def _jobs_of(entry: Mapping, run: Run) -> set[tuple[str, str]]:
    """The jobs of one run: its own rule, and the moments and solutions it stands on."""
    kind = _kind(entry)
    folder = run_table(entry, run).rpartition("/")[0]
    jobs = {(kind.rule, f"{folder}/{entry['recipe']}")}
    if "moment" in kind.slugs:
        moment = slug({**run, "split": "train"}, MOMENT)
        jobs.add(("compute_moments", f"{run['dataset']}/{moment}"))
        if kind.rule == "predict_gabor":
            jobs.add(("compute_moments", f"{run['dataset']}/{test_moment(moment)}"))
        if "run" in kind.slugs:
            jobs.add(("solve_linear", f"{run['dataset']}/{moment}/{slug(run, SOLUTION)}"))
    return jobs


def _kind(entry: Mapping) -> Kind:
    if entry["kind"] not in KINDS:
        raise ValueError(
            f"experiment {entry['name']!r}: unknown kind {entry['kind']!r}; "
            f"{nearest(entry['kind'], KINDS)}"
        )
    return KINDS[entry["kind"]]


def _check_grid(name: str, kind: Kind, grid: Mapping) -> None:
    for key in grid:
        if key not in kind.keys:
            raise ValueError(f"experiment {name!r}: unknown key {key!r}; {nearest(key, kind.keys)}")
    if missing := [key for key in kind.keys if not grid.get(key)]:
        raise ValueError(f"experiment {name!r}: its grid gives no values for {', '.join(missing)}")


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
