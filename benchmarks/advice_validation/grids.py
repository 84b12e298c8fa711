"""What study advise_validation left, as a table for each trained grid."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from benchmarks.advice_validation.label_free import LabelFree
from benchmarks.made_tables import studies
from spatial_mae.advise.looking import look
from spatial_mae.advise.scores import (
    COLUMNS,
    read_baselines,
    read_scores,
    with_test,
)
from spatial_mae.data.labels import CLASS
from spatial_mae.data.store import open_dataset
from spatial_mae.files import Row, read_json, read_rows, write_json, write_rows
from spatial_mae.study.grid import expand, parse

HELD_OUT = 0.2
MASKS = (0.25, 0.5, 0.75, 0.9)
BLOCK = {"masks": MASKS, "common_mask": 0.75, "default": (4, 0.75), "objective": "auto"}
BLOCK["drawn"] = None


@dataclass(frozen=True)
class Grid:
    """A set, one of its labels ("" for the class), a model and a recipe of pretraining."""

    dataset: str
    label: str
    model: str
    training: str

    @property
    def name(self) -> str:
        parts = (self.dataset, self.label, self.model, self.training)
        return "-".join(part for part in parts if part)

    def recipe(self, word: str) -> str:
        return f"{word}_both" if self.label else word


def planned() -> dict[Grid, dict[int, set[tuple[float, int]]]]:
    """Grid -> patch size -> (mask ratio, seed) of all its runs, by the study."""
    config = studies()["advise_validation"]
    grids: dict[Grid, dict[int, set]] = {}
    for entry in config["experiments"]:
        if entry["kind"] != "evaluation":
            continue
        asked = config["recipes"]["evaluation"][entry["recipe"]]["labels"]
        labels = [label for label in asked if label != CLASS] or [""]
        for run, label in product(expand(entry), labels):
            one = Grid(run["dataset"], label, run["model"], run["training"])
            patches = grids.setdefault(one, {})
            patches.setdefault(run["patch"], set()).add((run["mask"], run["seed"]))
    return grids


def collect(results: Path, out: Path) -> None:
    """Write {grid}.csv, and {grid}.json with the look at the images, for each grid.

    Settings of which not all runs were evaluated are left out (see `whole_settings`), and named.
    Runs that a table of before has stay in it, so that parts of a grid may be trained elsewhere. A
    table that has the settings already is left as it is: delete it to have it measured again.
    """
    for grid, patches in planned().items():
        here = {key(parse(path.parent.name)) for path in evaluated(results, grid)}
        known = known_rows(out / f"{grid.name}.csv")
        whole = whole_settings(patches, here | {run[:3] for run in known})
        if not here or {(patch, mask) for patch, mask, *_ in known} == whole:
            continue
        rows = rows_of(results, grid, whole, known)
        write_rows(out / f"{grid.name}.csv", rows)
        write_json(out / f"{grid.name}.json", described(results, grid, rows), sealed=False)
        rest = {(p, m) for p, runs in patches.items() for m, _ in runs} - whole
        print(f"{grid.name}: {len(whole)} settings, not yet {sorted(rest)}", file=sys.stderr)


def whole_settings(
    patches: Mapping[int, set[tuple[float, int]]], done: set[tuple]
) -> set[tuple[int, float]]:
    """(patch, mask) of which all seeds are done: of patch sizes with all their mask ratios.

    Where there is none, of the mask ratios that all patch sizes have which have any, so that a
    search can be replayed on them. done: (patch, mask, seed).
    """
    found = {
        p: {m for m, _ in runs if {(p, *run) for run in runs if run[0] == m} <= done}
        for p, runs in patches.items()
    }
    planned = {p: {m for m, _ in runs} for p, runs in patches.items()}
    whole = {p for p in found if found[p] == planned[p]}
    begun = {p for p in found if found[p]}
    lacking = {m for p in begun for m in planned[p] - found[p]} if not whole else set()
    return {(p, m) for p in whole or begun for m in found[p] - lacking}


def evaluated(results: Path, grid: Grid) -> list[Path]:
    """The scores on held-out images of the runs that also have those on test images."""
    folder = results / "evaluate" / "mae" / grid.dataset / grid.model / grid.training
    searched = sorted(folder.glob(f"*/scores_{grid.recipe('search')}.csv"))
    return [p for p in searched if p.with_name(f"scores_{grid.recipe('test')}.csv").exists()]


def rows_of(
    results: Path, grid: Grid, settings: set[tuple[int, float]], known: Mapping[tuple, Row]
) -> list[Row]:
    """Rows with the columns of advice.csv and `rank_me`, of runs that have both evaluations.

    known: rows of before. What they have of the same network is not measured again, and those of
    runs that are not in `results` are kept.
    """
    both = [p for p in evaluated(results, grid) if key(parse(p.parent.name))[:2] in settings]
    tested = [path.with_name(f"scores_{grid.recipe('test')}.csv") for path in both]
    rows = read_scores(both, "grid", grid.label)
    rows = with_test(rows, read_scores(tested, "grid", grid.label))
    names = {key(parse(path.parent.name)): path.parent.name for path in both}
    weights = results / "pretrain" / grid.dataset / grid.model / grid.training
    measures = LabelFree(results / "data" / grid.dataset / "manifest.json", HELD_OUT)
    for row in rows:
        run, last = weights / names[key(row)], row["epoch"] == row["epochs"]
        before = known.get((*key(row), row["epoch"]), {})
        if before.get("probe") != row["probe"]:
            before = {}  # of another network, trained elsewhere
        path = run / (
            "weights.safetensors" if last else f"checkpoints/epoch-{row['epoch']}.safetensors"
        )
        if row["agreement"] is None:
            row["agreement"] = before.get("agreement") or measures.agreement(path)
        row["rank_me"] = (before.get("rank_me") or measures.rank(path)) if last else None
    rows += [row for run, row in known.items() if run[:2] in settings and run[:3] not in names]
    rows.sort(key=lambda row: (*key(row), row["epoch"]))
    return [{column: row[column] for column in (*COLUMNS, "rank_me")} for row in rows]


def key(row: Mapping) -> tuple:
    return row["patch"], row["mask"], row["seed"]


def known_rows(path: Path) -> dict[tuple, Row]:
    """(patch, mask, seed, epoch) -> the row of a table that was written before."""
    rows = read_rows(path) if path.exists() else []
    return {(*key(row), row["epoch"]): row for row in rows}


def described(results: Path, grid: Grid, rows: list[Row]) -> dict:
    """The look at the images, and scores of pixels and principal components."""
    dataset = open_dataset(results / "data" / grid.dataset / "manifest.json")
    patches, masks = (sorted({row[name] for row in rows}) for name in ("patch", "mask"))
    block = {**BLOCK, "patches": patches, "masks": masks}
    seen = look(dataset, block, HELD_OUT, seed=0)
    pixels = results / "evaluate" / "pixels" / grid.dataset / grid.model
    scored = [p for p in [pixels / f"{grid.recipe('search')}.csv"] if p.exists()]
    return {
        "look": seen,
        "baselines": read_baselines(scored, grid.label),
    }


def read(path: Path) -> tuple[list[Row], dict]:
    """The rows and the description of an archived grid."""
    return read_rows(path), read_json(path.with_suffix(".json"))
