"""A search for a recipe whose tables of scores are made, so that the right answer is known."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from spatial_mae.cli import choose_recipe, rank_recipes
from spatial_mae.files import read_json, write_rows
from spatial_mae.study import configuration, tuning
from spatial_mae.study.candidates import BASE, candidates, validated
from spatial_mae.study.grid import parse

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "workflow/studies/recipes.yaml"
FACTORS = {"base_learning_rate": [0.012, 0.1], "ema_decay": [None, 0.9], "unit": [1, 2]}
OVERLAY = {
    "tune": {"n": 6, "keep": 0.5, "factors": FACTORS, "validation_seeds": [0, 1]},
    "experiments": [],
}
Truth = Callable[[Mapping, float, int], float | None]


def merged(**tune: object) -> dict:
    """The study `recipes` with few candidates, and other keys of its block."""
    files = (ROOT / "config.yaml", STUDY)
    config = configuration.merged(*(yaml.safe_load(path.read_text()) for path in files))
    config["tune"]["factors"] = {}  # mappings are merged, and these replaced
    return configuration.merged(config, OVERLAY, {"tune": tune})


def config(**tune: object) -> dict:
    return configuration.checked(merged(**tune))


def truth(values: Mapping, share: float, seed: int) -> float | None:
    """Accuracy after a share of the schedule; None: training diverged. Averaged weights win."""
    if values["base_learning_rate"] == 0.1 and values["unit"] == 2:
        return None
    gain = 0.1 * (values["ema_decay"] is not None) - 0.05 * (values["unit"] == 2)
    gain -= 0.02 * (values["base_learning_rate"] == 0.1)
    return 0.25 + share * (0.05 + gain) + 0.001 * seed


def write_search(
    folder: Path, config: Mapping, truth: Truth = truth, again: Truth | None = None
) -> None:
    """All files that a search can read, whatever its rungs keep, under the folder of a study.

    again: of the validation, by default as before.
    """
    known = candidates(config)
    every = {"kept": [{"candidate": name} for name in known]}
    for rung, epoch in tuning.rungs(config).items():
        before = every if tuning.rung_before(config, rung) else None
        for path in tuning.rung_scores(config, rung, before):
            _write(folder / path, known, truth, (0, 1, 3)[: 2 if epoch == 1 else 3], 3)
    last = config["tune"]["validation"]["epochs"]
    longer = {validated(name): values for name, values in known.items()}
    for name in known:
        for path in tuning.test_scores(config, {"kept": [{"candidate": name}]}):
            _write(folder / path, longer, again or truth, (0, last), last)
    (folder / tuning.check(config)).parent.mkdir(parents=True)
    (folder / tuning.check(config)).write_text("{}")
    for path in tuning.baselines(config):
        row = {"protocol": "linear_probe", "representation": "raw_pixels", "value": 0.28}
        write_rows(folder / path, [row])


def _write(path: Path, known: Mapping, truth: Truth, epochs: tuple, planned: int) -> None:
    """A table as evaluate_mae writes it."""
    values, seed = known[path.parent.parent.name], parse(path.parent.name)["seed"]
    lost = truth(values, 1, seed) is None
    rows = []
    for epoch in epochs[:1] if lost else epochs:
        score = 0.1 if lost else truth(values, epoch / planned, seed)
        row = {"epoch": epoch, "epochs": planned, "status": "diverged" if lost else "training"}
        row |= {"pretrain_seconds": 2.0 * epoch, "protocol": "linear_probe", "metric": "accuracy"}
        rows.append(row | {"representation": "mean", "value": score, "n_test": 5000})
    write_rows(path, rows)


def rank_rung(folder: Path, config: Mapping, rung: str, before: Mapping | None = None) -> dict:
    """Run `rank_recipes` on the made tables in a folder; what the rung's file says."""
    paths = [folder / path for path in tuning.rung_scores(config, rung, before)]
    flags = {"rung": rung, "base": BASE, "epoch": tuning.rungs(config)[rung]}
    flags |= {"keep": tuning.keep(config, rung, before)}
    flags |= {"candidates": json.dumps(candidates(config))}
    flags |= {"decision": folder / f"{rung}.json", "table": folder / f"{rung}.csv"}
    rank_recipes.main(
        [*_words(flags | {"record": folder / "record.json"}), *_several(scores=paths)]
    )
    return read_json(folder / f"{rung}.json")


def choose(folder: Path, config: Mapping) -> dict:
    """Run `choose_recipe` on the rungs' files in a folder; what tune.json says."""
    (folder / "config.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(config))))
    rungs = [*tuning.rungs(config)]
    last = read_json(folder / f"{rungs[-1]}.json")
    several = {"rungs": [folder / f"{rung}.json" for rung in rungs]}
    several |= {"tables": [folder / f"{rung}.csv" for rung in rungs]}
    several |= {"test": [folder / path for path in tuning.test_scores(config, last)]}
    several |= {"baselines": [folder / path for path in tuning.baselines(config)]}
    outputs = {"json": "tune.json", "table": "tune.csv", "markdown": "tune.md"}
    outputs |= {"recipe": "recipe.yaml", "pdf": "tune.pdf", "png": "tune.png", "record": "r.json"}
    flags = {"config": "config.yaml", **outputs}
    words = _words({key: folder / name for key, name in flags.items()})
    choose_recipe.main([*words, *_several(**several)])
    return read_json(folder / "tune.json")


def _words(flags: Mapping) -> list[str]:
    return [text for key, value in flags.items() for text in (f"--{key}", str(value))]


def _several(**flags: list) -> list[str]:
    return [text for key, paths in flags.items() for text in (f"--{key}", *map(str, paths))]
