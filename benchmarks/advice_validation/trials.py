"""Searches replayed on a trained grid, a seed left out each time, and what their choice loses.

A rule chooses a setting from all seeds but one. The loss, or regret, is how far the test accuracy
of the choice is below that of the best setting, on the seed left out; best is the setting with the
highest test accuracy on the other seeds. So neither of the two was picked on the seed that judges
(cross-fitting): with the best of the judging seed itself, chance alone would make any rule lose.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from spatial_mae.advise.ranking import Setting
from spatial_mae.advise.replay import cost_share, replay, values
from spatial_mae.advise.rungs import signed
from spatial_mae.advise.theory import errors_of
from spatial_mae.files import Row

LABELLED, UNLABELLED = "advice, with labels", "advice, without labels"
BY_ERROR = "advice, by hidden error"
CHOOSERS = {"lowest error of the grid": ("error", min), "RankMe": ("rank_me", max)}


@dataclass(frozen=True)
class Grid:
    """A trained grid: rows as advice.csv with `rank_me`; look, baselines as archived."""

    name: str
    rows: Sequence[Row]
    look: Mapping
    baselines: Mapping[str, float]

    @property
    def seeds(self) -> list[int]:
        return sorted({row["seed"] for row in self.rows})

    @property
    def rungs(self) -> list[int]:
        epochs = sorted({row["epoch"] for row in self.rows} - {0})
        return epochs[:-1]

    @property
    def settings(self) -> list[Setting]:
        return sorted({(row["patch"], row["mask"]) for row in self.rows})


@dataclass
class Trial:
    """One rule on one grid with one seed left out; what is not known of a plain rule is None."""

    chosen: Setting | None
    regret: float
    verdict: str | None = None
    tie_holds_best: bool | None = None
    search_runs: float | None = None
    cost_share: float | None = None
    advice: Mapping = field(default_factory=dict, repr=False)


def trials(grid: Grid, best_elsewhere: Setting | None) -> dict[str, list[Trial]]:
    """Rule -> a trial for each seed left out. best_elsewhere: the setting that is best on CIFAR."""
    found: dict[str, list[Trial]] = {}
    for left in grid.seeds:
        others = [seed for seed in grid.seeds if seed != left]
        judged, best = values(grid.rows, [left]), best_of(grid, others)
        for name, objective in (
            (LABELLED, "probe"),
            (UNLABELLED, "agreement"),
            (BY_ERROR, "error"),
        ):
            trial = searched(grid, objective, others, judged, best)
            found.setdefault(name, []).append(trial)
        for name, pick in plain(grid, best_elsewhere).items():
            chosen = pick(others)
            if chosen in judged:
                loss = judged[best] - judged[chosen]
                found.setdefault(name, []).append(Trial(chosen, loss))
        mean = sum(judged.values()) / len(judged)
        found.setdefault("random", []).append(Trial(None, judged[best] - mean))
    return found


def best_of(grid: Grid, seeds: Sequence[int]) -> Setting:
    """The setting with the highest test accuracy over some seeds."""
    scored = values(grid.rows, seeds)
    return max(scored, key=scored.get)


def searched(
    grid: Grid, objective: str, seeds: Sequence[int], judged: Mapping, best: Setting
) -> Trial:
    """The advice of a search with two seeds, on its rungs and to the end."""
    unlabelled = {} if objective == "probe" else {"labelled": False, "n_labels": 0}
    look = signed({**grid.look, "objective": objective, **unlabelled})
    block = {"rungs": grid.rungs, "seeds": seeds, "final_seeds": seeds}
    advice = replay(grid.rows, look, block, grid.baselines)
    chosen = advice["patch"], advice["mask"]
    own_masks = advice["masks"] if advice["mask_ranked"] else [m for _, m in grid.settings]
    tie = best[0] in advice["tied_patches"] and (best[0] != chosen[0] or best[1] in own_masks)
    one = cost_share(grid.rows, [(*chosen, seeds[0], final_epoch(grid))], grid.seeds)
    return Trial(
        chosen,
        judged[best] - judged[chosen],
        advice["verdict"],
        tie,
        cost_share(grid.rows, advice["rungs"], grid.seeds) / one,
        cost_share(grid.rows, advice["searched"], grid.seeds),
        advice,
    )


def final_epoch(grid: Grid) -> int:
    return max(row["epoch"] for row in grid.rows)


def plain(grid: Grid, elsewhere: Setting | None) -> dict[str, Callable[[Sequence[int]], Setting]]:
    """Simpler rules: name -> from seeds to a setting."""
    default, common = grid.look["default"], grid.look["common_mask"]
    smallest = min(patch for patch, _ in grid.settings), common
    rules = {
        "default": lambda seeds: (default["patch"], default["mask"]),
        "best on CIFAR-10": lambda seeds: elsewhere,
        "smallest patch": lambda seeds: smallest,
    }
    theory = errors_of(grid.look)
    if set(grid.settings) <= set(theory):
        linear = min(grid.settings, key=theory.get)
        rules["closed form alone"] = lambda seeds: linear
    for name, (measure, extreme) in CHOOSERS.items():
        rules[name] = lambda seeds, m=measure, e=extreme: _extreme(grid, seeds, m, e)
    return rules


def _extreme(grid: Grid, seeds: Sequence[int], measure: str, extreme: Callable) -> Setting:
    scored = values(grid.rows, seeds, measure)
    return extreme(scored, key=scored.get)


def interval(grid: Grid, found: Sequence[Trial]) -> float:
    """Half of a 95% interval of a mean regret, from the deviation between seeds alone.

    That of a setting's test accuracy is pooled over the grid; the regret is a difference of two.
    """
    from scipy.stats import t

    squares, df = 0.0, 0
    scored: dict[Setting, list[float]] = {}
    for seed in grid.seeds:
        for setting, value in values(grid.rows, [seed]).items():
            scored.setdefault(setting, []).append(value)
    for numbers in scored.values():
        mean = sum(numbers) / len(numbers)
        squares += sum((x - mean) ** 2 for x in numbers)
        df += len(numbers) - 1
    if not df:
        return math.inf
    return float(t.ppf(0.975, df) * math.sqrt(2 * squares / df / len(found)))
