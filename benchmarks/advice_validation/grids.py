"""What study advise_validation left, as a table for each trained grid."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.advice_validation.label_free import LabelFree
from spatial_mae.advise.looking import look
from spatial_mae.advise.scores import (
    COLUMNS,
    read_baselines,
    read_scores,
    read_theory,
    with_test,
)
from spatial_mae.data.store import open_dataset
from spatial_mae.files import Row, read_json, read_rows, write_json, write_rows
from spatial_mae.study.grid import parse

HELD_OUT = 0.2
PATCHES = (2, 4, 8, 16, 32)
MASKS = (0.25, 0.5, 0.75, 0.9)
BLOCK = {"masks": MASKS, "common_mask": 0.75, "default": (4, 0.75), "objective": "auto"}
BLOCK["drawn"] = None
LABELS = {"layouts": ("texture", "layout"), "layouts_32": ("texture", "layout")}


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


def found(results: Path) -> Iterator[Grid]:
    """The grids of which a run was evaluated."""
    for folder in sorted(results.glob("evaluate/mae/*/*/*")):
        dataset, model, training = folder.parts[-3:]
        for label in LABELS.get(dataset, ("",)):
            yield Grid(dataset, label, model, training)


def collect(results: Path, out: Path, patches: Sequence[int] = PATCHES) -> None:
    """Write {grid}.csv, and {grid}.json with the look at the images, for each grid.

    patches: those that are collected; others may still be in training.
    """
    for grid in found(results):
        rows = rows_of(results, grid, patches, known_rows(out / f"{grid.name}.csv"))
        if not rows:
            continue
        write_rows(out / f"{grid.name}.csv", rows)
        write_json(out / f"{grid.name}.json", described(results, grid, rows), sealed=False)
        runs = {(r["patch"], r["mask"], r["seed"]) for r in rows}
        print(f"{grid.name}: {len(runs)} runs", file=sys.stderr)


def rows_of(
    results: Path, grid: Grid, patches: Sequence[int], known: Mapping[tuple, Row]
) -> list[Row]:
    """Rows with the columns of advice.csv and `rank_me`, of runs that have both evaluations.

    known: rows of before; what they have is not measured again, a network takes seconds.
    """
    folder = results / "evaluate" / "mae" / grid.dataset / grid.model / grid.training
    searched = sorted(folder.glob(f"*/scores_{grid.recipe('search')}.csv"))
    wanted = [p for p in searched if parse(p.parent.name)["patch"] in patches]
    both = [p for p in wanted if p.with_name(f"scores_{grid.recipe('test')}.csv").exists()]
    tested = [path.with_name(f"scores_{grid.recipe('test')}.csv") for path in both]
    rows = read_scores(both, "grid", grid.label)
    rows = with_test(rows, read_scores(tested, "grid", grid.label))
    names = {key(parse(path.parent.name)): path.parent.name for path in both}
    weights = results / "pretrain" / folder.relative_to(results / "evaluate" / "mae")
    measures = LabelFree(results / "data" / grid.dataset / "manifest.json", HELD_OUT)
    for row in rows:
        run, last = weights / names[key(row)], row["epoch"] == row["epochs"]
        before = known.get((*key(row), row["epoch"]), {})
        path = run / (
            "weights.safetensors" if last else f"checkpoints/epoch-{row['epoch']}.safetensors"
        )
        if row["agreement"] is None:
            row["agreement"] = before.get("agreement") or measures.agreement(path)
        row["rank_me"] = (before.get("rank_me") or measures.rank(path)) if last else None
    return [{column: row[column] for column in (*COLUMNS, "rank_me")} for row in rows]


def key(row: Mapping) -> tuple:
    return row["patch"], row["mask"], row["seed"]


def known_rows(path: Path) -> dict[tuple, Row]:
    """(patch, mask, seed, epoch) -> the row of a table that was written before."""
    rows = read_rows(path) if path.exists() else []
    return {(*key(row), row["epoch"]): row for row in rows}


def described(results: Path, grid: Grid, rows: list[Row]) -> dict:
    """The look at the images, scores of pixels and components, and the closed form's errors."""
    dataset = open_dataset(results / "data" / grid.dataset / "manifest.json")
    tried = sorted({row["patch"] for row in rows})
    seen = look(dataset, {**BLOCK, "patches": tried}, HELD_OUT, seed=0)
    pixels = results / "evaluate" / "pixels" / grid.dataset / grid.model
    scored = [p for p in [pixels / f"{grid.recipe('search')}.csv"] if p.exists()]
    losses = sorted((results / "linear" / grid.dataset).glob("*/*/losses_losses.csv"))
    return {
        "look": seen,
        "baselines": read_baselines(scored, grid.label),
        "theory": [
            {"patch": p, "mask": m, "error": seen["mean_image_share"] * value}
            for (p, m), value in sorted(read_theory(losses).items())
        ],
    }


def read(path: Path) -> tuple[list[Row], dict]:
    """The rows and the description of an archived grid."""
    return read_rows(path), read_json(path.with_suffix(".json"))
