"""A search for a recipe in one figure: its candidates over epochs, its factors, its validation."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import mean, stdev

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.advise.ranking import Entry
from spatial_mae.figures.drawing.style import (
    BLACK,
    CATEGORIES,
    DASHES,
    GREY,
    legend,
    styled,
    title,
    wrapped,
)
from spatial_mae.tuning.halving import DIVERGED, name_of, ranked
from spatial_mae.tuning.verdict import Search, text

ACROSS = 3
PALE = "#BBBBBB"
REFERENCES = {"untrained": ("untrained encoder", "--"), "raw_pixels": ("raw pixels", ":")}
NOTE = (
    "Accuracy of a linear probe on the mean token. a: on training images held out, a line for each "
    "candidate, the mean of its seeds. b: on test images, trained again; points: seeds; bars: "
    "standard errors. From c: on held-out images at the first rung, mean over all candidates with "
    "that value (points); bars: standard errors between candidates; n x: diverged. Bold: the base."
)


def draw(search: Search, verdict: Mapping) -> Figure:
    """Candidates over epochs, validation, and a panel for each factor."""
    return _drawn((search, verdict))


@styled
def _drawn(given: tuple[Search, Mapping]) -> Figure:
    search, verdict = given
    factors = [*search.known[search.base]]
    figure, axes = wrapped(2 + len(factors), ACROSS, [NOTE])
    looks = _looks(search)
    _over_epochs(axes[0], search, looks)
    _validation(axes[1], search, verdict, looks)
    first = ranked([*search.rungs.values()][0], _first_epoch(search)).entries
    for axis, factor in zip(axes[2:], factors, strict=True):
        _factor(axis, factor, first, search)
    _same_heights(axes[2:])
    shown = {name: {**look, "marker": "o"} for name, look in looks.items()}
    names = {search.base: f"{search.base} (base)", search.winner: f"{search.winner} (winner)"}
    named = {names.get(name, name): look for name, look in shown.items()}
    lines = {
        word: {"color": GREY, "linestyle": style}
        for key, (word, style) in REFERENCES.items()
        if verdict[key] is not None
    }
    legend(figure, named | {"dropped": {"color": PALE}} | lines)
    return figure


def _looks(search: Search) -> dict[str, Mapping]:
    """Candidate -> its look: the base black, the winner and others trained to the end coloured."""
    last = dict.fromkeys(row["candidate"] for row in search.last)
    others = [name for name in last if name not in (search.base, search.winner)]
    first, *rest = [colour for colour in CATEGORIES if colour != BLACK]
    found = {search.winner: {"color": first}} | {search.base: {"color": BLACK}}
    for number, name in enumerate(others):
        dashes, colour = divmod(number, len(rest))
        found[name] = {"color": rest[colour], "linestyle": DASHES[dashes % len(DASHES)]}
    return found


def _first_epoch(search: Search) -> int:
    return int([*search.rungs][0].rpartition("-")[2])


def _over_epochs(axis: Axes, search: Search, looks: Mapping[str, Mapping]) -> None:
    rows = [row for found in search.rungs.values() for row in found if row["status"] != DIVERGED]
    epochs = sorted({row["epoch"] for row in rows if row["probe"] is not None})
    for name in sorted(search.known, key=lambda name: (name in looks, name == search.base)):
        points = [(e, value) for e in epochs if (value := _accuracy(rows, name, e)) is not None]
        if points:
            axis.plot(
                *zip(*points, strict=True),
                **looks.get(name, {"color": PALE, "linewidth": 0.6}),
                marker="o",
                markersize=2 if name in looks else 1.2,
            )
    axis.set(xlabel="epochs of the schedule", ylabel="held-out accuracy (%)", xticks=epochs)
    title(axis, "all candidates")


def _accuracy(rows: Sequence[Mapping], name: str, epoch: int) -> float | None:
    """Mean over the seeds, in percent; a run that was measured on two rungs counts once."""
    found = {
        row["seed"]: row["probe"]
        for row in rows
        if (row["candidate"], row["epoch"]) == (name, epoch) and row["probe"] is not None
    }
    return 100 * mean(found.values()) if found else None


def _validation(axis: Axes, search: Search, verdict: Mapping, looks: Mapping[str, Mapping]) -> None:
    again = verdict["validation"]
    shown = list(dict.fromkeys([search.base, search.winner]))
    for place, name in enumerate(shown):
        word = "base" if name == search.base else "winner"
        if again[word] is None:
            axis.text(place, 0.5, "diverged", transform=axis.get_xaxis_transform(), ha="center")
            continue
        own = [r for r in search.validation if r["candidate"] == name and r["epoch"] == r["epochs"]]
        for row in own:
            axis.plot(place - 0.15, 100 * row["probe"], ".", color=PALE, markersize=3)
        error = 100 * again[f"{word}_standard_error"]
        look = {"marker": "o", "color": looks[name]["color"], "capsize": 2}
        axis.errorbar(place, 100 * again[word], error, **look)
    for key, (_, style) in REFERENCES.items():
        if verdict[key] is not None:
            axis.axhline(100 * verdict[key], color=GREY, linestyle=style, linewidth=0.8)
    axis.set_xticks(range(len(shown)), shown)
    axis.set(xlim=(-0.6, len(shown) - 0.4), ylabel="test accuracy (%)")
    title(axis, f"validation, {again['epochs']} epochs")


def _factor(axis: Axes, factor: str, entries: Sequence[Entry], search: Search) -> None:
    """Mean accuracy of the candidates with each value of a factor."""
    means = {name_of(entry): 100 * entry.mean for entry in entries}
    values = {_key(known[factor]) for known in search.known.values()}
    labels = [label for _, label in sorted(values)]
    for place, label in enumerate(labels):
        names = [n for n, known in search.known.items() if text(known[factor]) == label]
        found = [means[name] for name in names if name in means]
        axis.plot([place + 0.15] * len(found), found, ".", color=PALE, markersize=3)
        if found:
            error = stdev(found) / sqrt(len(found)) if len(found) > 1 else None
            look = {"marker": "o", "color": CATEGORIES[0], "capsize": 2}
            axis.errorbar(place, mean(found), error, **look)
        if lost := len(names) - len(found):
            where = {"transform": axis.get_xaxis_transform(), "ha": "center", "size": 6}
            axis.text(place, 0.02, f"{lost} ×", color=CATEGORIES[1], **where)
    own = text(search.known[search.base][factor])
    shown = [rf"$\bf{{{label}}}$" if label == own else label for label in labels]
    axis.set_xticks(range(len(labels)), shown)
    axis.set(xlim=(-0.6, len(labels) - 0.4), ylabel="held-out accuracy (%)")
    axis.set_xlabel(factor.replace("_", " "))
    title(axis)


def _key(value: object) -> tuple:
    """By which values are sorted: numbers in their order, others by their text; and the text."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (float(value) if number else -1.0), text(value)


def _same_heights(axes: Sequence[Axes]) -> None:
    limits = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
