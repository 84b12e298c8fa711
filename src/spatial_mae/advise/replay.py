"""The search replayed on a table of a whole grid: what it would have advised, and its regret.

A grid that was trained once, every setting with every seed, answers for many searches: other seeds,
budgets and rules. No network is trained here.
"""

from collections.abc import Callable, Mapping, Sequence

from spatial_mae.advise.advice import Evidence, advise
from spatial_mae.advise.candidates import comparing_epoch
from spatial_mae.advise.ranking import Setting
from spatial_mae.advise.rungs import mask_decision, patch_decision
from spatial_mae.advise.theory import errors_of
from spatial_mae.files import Row


def replay(
    rows: Sequence[Row], look: Mapping, block: Mapping, baselines: Mapping[str, float]
) -> dict:
    """The advice of a search with the seeds and rungs of `block`, from the rows of a grid.

    rows: as `scores.COLUMNS`, of each setting of `look`, seed, rung and the last epoch. The advice
    has two more keys, (patch, mask, seed, epoch) of the runs that the search would have trained:
    `searched`, all of them, and `rungs`, those of its rungs. Raises KeyError for a setting that the
    grid lacks.
    """
    epochs, default = block["rungs"], look["default"]
    first = [(s["patch"], s["mask"]) for s in look["kept"]]
    patches = select(rows, first, block["seeds"], epochs)
    kept = patch_decision(patches, look, epochs[-1])
    tried = [(s["patch"], m) for s in kept["kept"] for m in s["masks"]]
    compared = comparing_epoch("masks", kept["objective"], epochs)
    masks = select(rows, tried, block["seeds"], [epoch for epoch in epochs if epoch <= compared])
    last = mask_decision(masks, kept, default, compared)
    ended = [(s["patch"], s["mask"]) for s in last["kept"]]
    every = sorted({row["epoch"] for row in rows})
    final = select(rows, ended, block["final_seeds"], every)
    names = (default["patch"], default["mask"])
    advice = advise(Evidence(look, patches, masks, final, baselines, epochs, names))
    rungs = {(*s, seed, epochs[-1]) for s in first for seed in block["seeds"]}
    rungs |= {(*s, seed, compared) for s in tried for seed in block["seeds"]}
    ends = {(*s, seed, every[-1]) for s in ended for seed in block["final_seeds"]}
    return advice | {"rungs": sorted(rungs), "searched": sorted(rungs | ends)}


def select(
    rows: Sequence[Row], settings: Sequence[Setting], seeds: Sequence[int], epochs: Sequence[int]
) -> list[Row]:
    """The rows of settings with seeds at epochs. Raises KeyError, naming them, if some lack."""
    wanted = {(*s, seed) for s in settings for seed in seeds}
    found = [
        row
        for row in rows
        if (row["patch"], row["mask"], row["seed"]) in wanted and row["epoch"] in epochs
    ]
    if missing := wanted - {(row["patch"], row["mask"], row["seed"]) for row in found}:
        raise KeyError(f"the grid has no runs of (patch, mask ratio, seed) {sorted(missing)}")
    return found


def values(rows: Sequence[Row], seeds: Sequence[int], measure: str = "test_probe") -> dict:
    """Setting -> mean of a measure over seeds at the last epoch."""
    last = max(row["epoch"] for row in rows)
    found: dict[Setting, list[float]] = {}
    for row in rows:
        if row["epoch"] == last and row["seed"] in seeds and row[measure] is not None:
            found.setdefault((row["patch"], row["mask"]), []).append(row[measure])
    return {setting: sum(numbers) / len(numbers) for setting, numbers in found.items()}


def regret(rows: Sequence[Row], chosen: Setting, seeds: Sequence[int]) -> float:
    """How far a setting's test accuracy is below the best setting's, both over `seeds`.

    Seeds that the search did not use make the number honest: the best of a grid is picked on them.
    """
    scored = values(rows, seeds)
    return max(scored.values()) - scored[chosen]


def cost_share(rows: Sequence[Row], searched: Sequence[tuple], seeds: Sequence[int]) -> float:
    """Seconds of training of a search over those of the whole grid with `seeds`.

    A run counts once, up to the furthest epoch that was trained.
    """
    seconds = {(r["patch"], r["mask"], r["seed"], r["epoch"]): r["seconds"] for r in rows}
    furthest: dict[tuple, int] = {}
    for *run, epoch in searched:
        furthest[tuple(run)] = max(epoch, furthest.get(tuple(run), 0))
    last = max(row["epoch"] for row in rows)
    whole = sum(s for (*_, seed, epoch), s in seconds.items() if epoch == last and seed in seeds)
    return sum(seconds[(*run, epoch)] for run, epoch in furthest.items()) / whole


def rivals(
    rows: Sequence[Row], look: Mapping, seeds: Sequence[int]
) -> dict[str, Callable[[Mapping[Setting, float]], float]]:
    """Rule -> the value it gets, from the values of all settings: what advice must beat.

    The default, a random setting (the mean), the lowest hidden error of the grid, the closed form
    alone (the setting whose hidden error it makes lowest), and the smallest patch at the default
    mask ratio.
    """
    default = (look["default"]["patch"], look["default"]["mask"])
    errors = values(rows, seeds, "error")
    picks = {
        "default": default,
        "lowest error of the grid": min(errors, key=errors.get),
        "smallest patch": (min(p for p, _ in errors), look["common_mask"]),
    }
    if theory := errors_of(look):
        picks["closed form alone"] = min(errors, key=lambda s: theory.get(s, float("inf")))
    found = {name: (lambda scored, pick=pick: scored[pick]) for name, pick in picks.items()}
    return found | {"random": lambda scored: sum(scored.values()) / len(scored)}
