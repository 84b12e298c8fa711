"""Markdown tables of what the advice and simpler rules lose, from archived grids."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.advice_validation import grids
from benchmarks.advice_validation.transfer import transfers
from benchmarks.advice_validation.trials import (
    LABELLED,
    UNLABELLED,
    Grid,
    Trial,
    best_of,
    interval,
    trials,
)
from benchmarks.timing import table
from spatial_mae.advise.replay import values

CIFAR = "cifar10"
MEASURED = (LABELLED, UNLABELLED)


def load(folder: Path) -> dict[str, Grid]:
    """Name -> grid, of all complete tables of a folder."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        rows, about = grids.read(path)
        grid = Grid(path.stem, rows, about["look"], about["baselines"])
        if len({grids.key(row) for row in rows}) == len(grid.settings) * len(grid.seeds):
            found[path.stem] = grid
    return found


def elsewhere(all_grids: Mapping[str, Grid], name: str) -> tuple[int, float] | None:
    """The setting that is best on CIFAR-10, with the same model and budget."""
    model_and_budget = "-".join(name.rsplit("-", 2)[1:])
    cifar = all_grids.get(f"{CIFAR}-{model_and_budget}")
    return best_of(cifar, cifar.seeds) if cifar and not name.startswith(CIFAR) else None


def report(folder: Path) -> str:
    """All tables, as markdown. Where the default was not trained no search can be repeated."""
    known = load(folder)
    tried = {
        name: trials(grid, elsewhere(known, name))
        for name, grid in known.items()
        if grids.BLOCK["default"] in grid.settings
    }
    parts = [
        ("Test accuracy of each setting, %, mean of the seeds", accuracies(known)),
        ("Regret in points, mean over the seed left out", regrets(known, tried)),
        ("The searches", searches(known, tried)),
        ("What carries over", transfers(known)),
    ]
    return "\n".join(f"### {title}\n\n{table(rows)}\n" for title, rows in parts if rows)


def accuracies(known: Mapping[str, Grid]) -> list[dict]:
    rows = []
    for name, grid in known.items():
        scored = values(grid.rows, grid.seeds)
        for patch in sorted({p for p, _ in scored}):
            row = {"grid": name, "patch": patch}
            for mask in grids.MASKS:
                value = scored.get((patch, mask))
                row[f"m {mask:g}"] = "" if value is None else f"{100 * value:.1f}"
            rows.append(row)
        shown = [f"{word} {100 * value:.1f}" for word, value in grid.baselines.items()]
        rows.append(
            {"grid": name, "patch": ", ".join(shown)} | {f"m {m:g}": "" for m in grids.MASKS}
        )
    return rows


def regrets(known: Mapping[str, Grid], tried: Mapping[str, Mapping]) -> list[dict]:
    """A row for each rule: its mean regret on each grid, their mean and their worst."""
    names = list(dict.fromkeys(rule for found in tried.values() for rule in found))
    rows = []
    for rule in names:
        row, means = {"rule": rule}, []
        for name, found in tried.items():
            losses = [100 * trial.regret for trial in found.get(rule, [])]
            row[name] = f"{mean(losses):.1f}" if losses else ""
            means += [mean(losses)] if losses else []
        rows.append(row | {"mean": f"{mean(means):.2f}", "worst": f"{max(means):.1f}"})
    half = {
        name: f"{100 * interval(known[name], found[LABELLED]):.1f}" for name, found in tried.items()
    }
    return [*rows, {"rule": "half of a 95% interval", **half, "mean": "", "worst": ""}]


def searches(known: Mapping[str, Grid], tried: Mapping[str, Mapping]) -> list[dict]:
    """A row for each grid and kind of advice: what was chosen, how sure, and what it cost."""
    return [_search(name, rule, tried[name][rule]) for name in tried for rule in MEASURED]


def _search(name: str, rule: str, found: Sequence[Trial]) -> dict:
    chosen = [f"{trial.chosen[0]}, {trial.chosen[1]:g}" for trial in found]
    reasons = {d["reason"] for t in found for d in t.advice["doubts"] if d["about"] != "care"}
    return {
        "grid": name,
        "search": rule.removeprefix("advice, "),
        "chosen": " / ".join(chosen),
        "advised": f"{sum(t.verdict == 'advice' for t in found)} of {len(found)}",
        "tie set holds the best": f"{sum(t.tie_holds_best for t in found)} of {len(found)}",
        "rungs, in runs to the end": f"{mean([t.search_runs for t in found]):.1f}",
        "share of the grid's cost": f"{mean([t.cost_share for t in found]):.0%}",
        "doubts": "; ".join(sorted(reasons)),
    }


def mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
