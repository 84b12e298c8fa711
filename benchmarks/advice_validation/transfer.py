"""How a ranking carries over: to a longer budget, a wider network, larger images."""

from collections.abc import Callable, Iterator, Mapping

from scipy.stats import spearmanr

from benchmarks.advice_validation.trials import Grid
from spatial_mae.advise.ranking import Setting
from spatial_mae.advise.replay import values

Move = Callable[[Setting], Setting]
LONGER, WIDER = "budget x 4", "width 64 to 128"
PIXELS, SHARE = "twice the size, patch in pixels", "twice the size, patch as a share"
CHANGES = (LONGER, WIDER, PIXELS, SHARE)


def same(setting: Setting) -> Setting:
    """The patch size in pixels."""
    return setting


def doubled(setting: Setting) -> Setting:
    """The patch size as a share of images twice as large."""
    return 2 * setting[0], setting[1]


def pairs(known: Mapping[str, Grid]) -> Iterator[tuple[str, str, str, Move]]:
    """(what changes, grid from, grid to, what becomes of a setting) of all trained grids."""
    for name in known:
        *images, model, training = name.split("-")
        label = images[1:]
        for change, other, move in (
            (LONGER, [*images, model, "budget_4"], same),
            (WIDER, [*images, "wide", training], same),
            (PIXELS, [larger(images[0]), *label, model, training], same),
            (SHARE, [larger(images[0]), *label, model, training], doubled),
        ):
            target = "-".join(other)
            if target != name and target in known:
                yield change, name, target, move


def larger(dataset: str) -> str:
    """The name of the same images at twice the size."""
    twice = {"emoji": "emoji_64", "layouts": "layouts_32", "layouts_32": "layouts_64"}
    return twice.get(dataset, "")


def transfers(known: Mapping[str, Grid]) -> list[dict]:
    """A row for each pair: rank correlation, and what the best setting of the first loses.

    Over the settings that both grids have; both are means over all seeds, of other networks.
    """
    rows = []
    for change, source, target, move in pairs(known):
        first = {move(s): v for s, v in values(known[source].rows, known[source].seeds).items()}
        second = values(known[target].rows, known[target].seeds)
        shared = sorted(first.keys() & second.keys())
        if len(shared) < 3:
            continue
        chosen = max(shared, key=first.get)
        best = max(shared, key=second.get)
        ranks = spearmanr([first[s] for s in shared], [second[s] for s in shared]).statistic
        rows.append(
            {
                "change": change,
                "from": source,
                "settings in both": len(shared),
                "rank correlation": f"{ranks:.2f}",
                "best before": f"{chosen[0]}, {chosen[1]:g}",
                "best after": f"{best[0]}, {best[1]:g}",
                "points lost": f"{100 * (second[best] - second[chosen]):.1f}",
            }
        )
    return rows
