"""What the advice and simpler rules lose, as tables in Markdown, from archived grids."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from benchmarks.advice_validation import grids
from benchmarks.advice_validation.transfer import CHANGES, transfers
from benchmarks.advice_validation.trials import (
    BY_ERROR,
    LABELLED,
    UNLABELLED,
    Grid,
    Trial,
    best_of,
    interval,
    trials,
)
from benchmarks.timing import table
from spatial_mae.advise.planning import MOST_PATCHES
from spatial_mae.advise.replay import values

CIFAR = "cifar10"
RULES = {
    LABELLED: "**advice with labels**",
    UNLABELLED: "**advice without labels**",
    BY_ERROR: "ranked by hidden error instead",
    "default": "default: patch 4, 0.75",
    "best on CIFAR-10": "best on CIFAR-10",
    "closed form alone": "closed form alone",
    "smallest patch": "smallest patch",
    "lowest error of the grid": "lowest hidden error of the grid",
    "RankMe": "RankMe",
    "random": "a random setting",
}
SEARCHES = {LABELLED: "with", UNLABELLED: "without"}


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
    """All tables, as Markdown, with all settings that were trained."""
    found = Validation(folder, everything=True)
    parts = []
    for run in dict.fromkeys(_run(name) for name in found.grids):
        sets = [name.removesuffix(f"-{run}") for name in found.grids if _run(name) == run]
        searched = [one for one in sets if f"{one}-{run}" in found.tried]
        parts.append((f"{run}: test accuracy of each setting, %", found.accuracies(sets, run)))
        if searched:
            losses = found.regrets(searched, run)
            parts.append((f"{run}: regret in points, mean over the seed left out", losses))
            parts.append((f"{run}: the searches", found.searches(searched, run)))
    carried = [(change, found.carried(change)) for change in CHANGES]
    parts += [(f"What carries over: {change}", rows) for change, rows in carried if rows]
    return "\n".join(f"### {title}\n\n{rows}\n" for title, rows in parts)


def offered(grid: Grid) -> Grid:
    """The part of a grid that the advisor would try: not too many patches along a side."""
    side = max(grid.look["height"], grid.look["width"])
    patches = {patch for patch, _ in grid.settings if side <= MOST_PATCHES * patch}
    look = dict(grid.look)
    look["masks"] = {p: masks for p, masks in look["masks"].items() if int(p) in patches}
    for name in ("kept", "linear_errors"):
        look[name] = [entry for entry in look[name] if entry["patch"] in patches]
    rows = [row for row in grid.rows if row["patch"] in patches]
    return Grid(grid.name, rows, look, grid.baselines)


class Validation:
    """What the template asks of the grids. A set is named as `digits` or `layouts-texture`.

    Searches are replayed on what the advisor offers (`offered`), or on all that was trained.
    """

    def __init__(self, folder: Path, everything: bool = False) -> None:
        self.grids = load(folder)
        self.everything = everything

    @cached_property
    def tried(self) -> dict[str, dict[str, list[Trial]]]:
        """Grid -> rule -> trials; where the default was not trained no search can be repeated."""
        asked = self.searched
        return {
            name: trials(grid, elsewhere(asked, name))
            for name, grid in asked.items()
            if grids.BLOCK["default"] in grid.settings
        }

    @cached_property
    def searched(self) -> dict[str, Grid]:
        if self.everything:
            return self.grids
        return {name: offered(grid) for name, grid in self.grids.items()}

    def functions(self) -> dict[str, Callable]:
        asked = (self.accuracies, self.accuracy, self.regrets, self.regret, self.worst)
        asked += (self.searches, self.count, self.span, self.losses_of_advised)
        asked += (self.carried, self.lost)
        return {function.__name__: function for function in asked}

    def _names(self, sets: Sequence[str], run: str) -> list[str]:
        """Grids of these sets; run: model and recipe, as `advised-budget_1`."""
        return [f"{one}-{run}" for one in sets if f"{one}-{run}" in self.grids]

    def accuracy(self, name: str, patch: int, mask: float) -> str:
        """Of one setting of a grid on test images, in percent, the mean of the seeds."""
        grid = self.grids[name]
        return f"{100 * values(grid.rows, grid.seeds)[patch, mask]:.1f}"

    def accuracies(self, sets: Sequence[str], run: str) -> str:
        """Of each setting in percent, with the baselines of each set."""
        rows = []
        for name in self._names(sets, run):
            grid = self.grids[name]
            scored = values(grid.rows, grid.seeds)
            for patch in sorted({p for p, _ in scored}):
                row = {"set": _short(name), "patch": patch}
                for mask in grids.MASKS:
                    value = scored.get((patch, mask))
                    row[f"m = {mask:g}"] = "" if value is None else f"{100 * value:.1f}"
                shown = grid.baselines if patch == min(p for p, _ in scored) else {}
                best = (f"{word} {100 * value:.1f}" for word, value in shown.items())
                rows.append(row | {"baselines": ", ".join(best)})
        return table(rows)

    def regret(self, rule: str, sets: Sequence[str], run: str) -> str:
        """The mean over sets, in points."""
        return _points(mean(self._losses(rule, sets, run)))

    def worst(self, rule: str, sets: Sequence[str], run: str) -> str:
        return _points(max(self._losses(rule, sets, run)))

    def _losses(self, rule: str, sets: Sequence[str], run: str) -> list[float]:
        """Of each set that the rule says something of, the mean over the seed left out."""
        found = [self.tried[name].get(rule) for name in self._names(sets, run)]
        return [100 * mean([trial.regret for trial in one]) for one in found if one]

    def regrets(self, sets: Sequence[str], run: str) -> str:
        """What each rule loses on each set, in points."""
        names = self._names(sets, run)
        rows = []
        for rule, words in RULES.items():
            losses = {
                name: self._losses(rule, [name.removesuffix(f"-{run}")], run) for name in names
            }
            if not any(losses.values()):
                continue
            row = {"rule": words}
            row |= {_short(n): _points(loss[0]) if loss else "" for n, loss in losses.items()}
            every = self._losses(rule, sets, run)
            rows.append(row | {"mean": _points(mean(every)), "worst": _points(max(every))})
        half = {
            _short(name): f"{100 * interval(self.searched[name], self.tried[name][LABELLED]):.1f}"
            for name in names
        }
        last = {"rule": "half of a 95% interval (seeds alone)", **half, "mean": "", "worst": ""}
        return table([*rows, last])

    def searches(self, sets: Sequence[str], run: str) -> str:
        """What each search chose, how sure it was, and what it cost."""
        return table(
            [self._search(name, rule) for name in self._names(sets, run) for rule in SEARCHES]
        )

    def _search(self, name: str, rule: str) -> dict:
        found = self.tried[name][rule]
        doubts = {d["reason"] for t in found for d in t.advice["doubts"] if d["about"] != "care"}
        return {
            "set": _short(name),
            "labels": SEARCHES[rule],
            "chosen": " / ".join(f"{patch}, {mask:g}" for patch, mask in _choices(found)),
            "advised": _of(found, _advised),
            "tie set holds the best": _of(found, _tie),
            "rungs, in runs to the end": f"{mean([t.search_runs for t in found]):.1f}",
            "share of the grid's cost": f"{mean([t.cost_share for t in found]):.0%}",
            "doubts": "; ".join(sorted(doubts)),
        }

    def count(self, what: str, rule: str, sets: Sequence[str], run: str) -> str:
        """Of all searches by a rule, those that `advised`, or whose `tie` set holds the best."""
        every = [trial for name in self._names(sets, run) for trial in self.tried[name][rule]]
        return _of(every, {"advised": _advised, "tie": _tie}[what])

    def losses_of_advised(self, rule: str) -> list[str]:
        """Regrets in points of all searches by a rule that advise, on all grids; the worst last."""
        every = [trial for found in self.tried.values() for trial in found[rule]]
        return [_points(x) for x in sorted(100 * t.regret for t in every if _advised(t))]

    def span(self, what: str, rule: str, sets: Sequence[str], run: str) -> str:
        """The least and the largest of `search_runs` or `cost_share`, over sets."""
        found = [self.tried[name][rule] for name in self._names(sets, run)]
        means = [mean([getattr(trial, what) for trial in one]) for one in found]
        digits = ".0%" if what == "cost_share" else ".1f"
        return f"{min(means):{digits}} to {max(means):{digits}}"

    def carried(self, change: str) -> str:
        """What becomes of a ranking, grid by grid; change: how `transfers` calls it."""
        rows = [row | {"from": _short(row["from"])} for row in self._changes(change)]
        return table([{k: v for k, v in row.items() if k != "change"} for row in rows])

    def lost(self, change: str) -> list[tuple[str, str]]:
        """(points that the best setting of before loses, set), the most last."""
        found = [(row["points lost"], _short(row["from"])) for row in self._changes(change)]
        return sorted(found, key=lambda pair: float(pair[0]))

    def _changes(self, change: str) -> list[dict]:
        return [row for row in transfers(self.grids) if row["change"] == change]


def _short(name: str) -> str:
    """From `layouts-texture-advised-budget_1` to `layouts: texture`."""
    *images, _, _ = name.split("-")
    return ": ".join(images)


def _choices(found: Sequence[Trial]) -> list[tuple[int, float]]:
    return list(dict.fromkeys(trial.chosen for trial in found))


def _advised(trial: Trial) -> bool:
    return trial.verdict == "advice"


def _tie(trial: Trial) -> bool:
    return bool(trial.tie_holds_best)


def _of(found: Sequence[Trial], holds: Callable[[Trial], bool]) -> str:
    return f"{sum(map(holds, found))} of {len(found)}"


def _run(name: str) -> str:
    """The model and the recipe of a grid."""
    return "-".join(name.rsplit("-", 2)[1:])


def _points(value: float) -> str:
    """With one decimal, and no zero with a sign."""
    return f"{round(value, 1) + 0.0:.1f}"


def mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
