"""Made tables of a study's own design: every cell has one mean, and seeds differ by noise alone.

Levels and noise are those of networks that learned: accuracies of 40% with a noise of one point
between seeds. Every network has the paper's scale, so that no gate of scale closes.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import yaml

from benchmarks.made_readings import READINGS, Error, Number
from benchmarks.timing import ROOT
from spatial_mae.study import grid
from spatial_mae.study.configuration import merged
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.schema import completed

NETWORK = {
    **dict.fromkeys(("height", "width"), 32),
    **dict.fromkeys(("n_images", "pretrain_n_train", "n_train"), 50_000),
    **dict.fromkeys(("status", "pretrain_status"), "completed"),
    **dict.fromkeys(("device", "pretrain_device"), "gpu"),
    "pixels": "lossless",
    "n_classes": 10,
    "model_width": 192,
    "n_test": 10_000,
}
SURE = 1.96


def studies() -> dict[str, dict]:
    """The default study and all others, with their defaults."""
    base = yaml.safe_load((ROOT / "config.yaml").read_text())
    found = {"quick": base}
    for path in sorted(Path(ROOT / "workflow/studies").glob("*.yaml")):
        overlay = yaml.safe_load(path.read_text())
        if overlay.get("experiments"):
            found[path.stem] = merged(base, overlay)
    return {name: completed(config) for name, config in found.items()}


def one_rung(config: dict) -> dict:
    """A study, or of a ladder the experiments of its first rung: rungs are judged one by one."""
    if not config.get("ladder"):
        return config
    only = [config["ladder"][0]]
    of_rung = [
        entry
        for entry in config["experiments"]
        if all(grid.get("training") == only for grid in entry["grids"])
    ]
    return config | {"experiments": of_rung}


def tables(
    config: Mapping,
    seeds: int,
    random: np.random.Generator,
    kinds: Collection[str],
    noise: float = 1.0,
) -> dict[str, list[dict]]:
    """Kind -> rows of all its experiments, with so many seeds, of the kinds asked for.

    noise: factor of all noise between seeds and of errors that are drawn.
    """
    made: dict[str, list[dict]] = {}
    numbers = Numbers(random, noise)
    for kind, runs in _designs(config).items():
        if kind not in kinds:
            continue
        if "seed" in KINDS[kind].keys:
            runs = [{**run, "seed": seed} for run in runs for seed in range(seeds)]
        deepest = max((run.get("enc") or 0 for run in runs), default=0)
        for run in runs:
            whole = {**NETWORK, **_training(config, run), "reference_enc": deepest, **run}
            made.setdefault(kind, []).extend(
                _with_interval(
                    {**whole, **{k: numbers.drawn(v, whole, row) for k, v in row.items()}}
                )
                for row in READINGS[kind](whole)
            )
    if "hierarchy_levels" in made:  # the masks of Fig. 4, whose levels are counted
        made["hierarchy_cases"] = [{"case": "middle", "role": "shared", "level": 2}]
    return made


def _with_interval(row: dict) -> dict:
    """A limit's interval around what was drawn."""
    if row.get("misfit") is not None:
        reach = SURE * row["standard_error"]
        row |= {"interval_low": row["value"] - reach, "interval_high": row["value"] + reach}
    return row


def _designs(config: Mapping) -> dict[str, list[dict]]:
    """Kind -> its runs in all experiments, each once and without seed."""
    found: dict[str, dict[tuple, dict]] = {}
    for experiment in config["experiments"]:
        if experiment["kind"] in READINGS:
            for run in grid.expand(experiment):
                plain = {key: value for key, value in run.items() if key != "seed"}
                found.setdefault(experiment["kind"], {})[tuple(plain.items())] = plain
    return {kind: list(runs.values()) for kind, runs in found.items()}


def _training(config: Mapping, run: Mapping) -> dict:
    recipe = config["recipes"]["pretraining"].get(run.get("training"), {})
    return {"boundary_width": recipe.get("boundary_width"), "recipe_but_boundary": "same"}


class Numbers:
    """Draws numbers; networks of one seed share a shift, twice as large as the noise."""

    def __init__(self, random: np.random.Generator, noise: float) -> None:
        self.random, self.noise = random, noise
        self.shifts: dict[tuple, float] = {}

    def drawn(self, value: object, run: Mapping, row: Mapping) -> object:
        if not isinstance(value, Number):
            return value
        if isinstance(value, Error):
            return value.level + self.noise * value.noise * self.random.standard_normal()
        words = tuple(sorted((k, v) for k, v in row.items() if isinstance(v, str)))
        shift = self.shifts.setdefault((run.get("seed"), words), self.random.standard_normal())
        noise = 2 * shift + self.random.standard_normal()
        return value.level + self.noise * value.noise * noise
