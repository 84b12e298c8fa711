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
    GREY,
    Z95,
    legend,
    styled,
    title,
    wrapped,
)
from spatial_mae.tuning.halving import name_of, ranked
from spatial_mae.tuning.verdict import Search, text

ACROSS = 4
PALE = "#BBBBBB"
NOTE = (
    "Accuracy of a linear probe on the mean token. a: on training images held out, a line for each "
    "candidate. b: on test images, trained again; bars: 95% intervals of each mean. From c: on "
    "held-out images at the first rung, mean over all candidates with that value; bars: standard "
    "errors between candidates; points: candidates."
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
    shown = {name: {"color": colour, "marker": "o"} for name, colour in looks.items()}
    names = {search.base: f"{search.base} (base)", search.winner: f"{search.winner} (winner)"}
    named = {names.get(name, name): look for name, look in shown.items()}
    legend(figure, named | {"dropped": {"color": PALE}})
    return figure


def _looks(search: Search) -> dict[str, str]:
    """Candidate -> its colour: the base black, those trained to the end in colours."""
    last = list(dict.fromkeys(row["candidate"] for row in search.last))
    others = sorted({*last, search.winner} - {search.base}, key=lambda name: name != search.winner)
    colours = [colour for colour in CATEGORIES if colour != BLACK]
    found = {name: colours[n % len(colours)] for n, name in enumerate(others)}
    return {search.base: BLACK, **found}


def _first_epoch(search: Search) -> int:
    return int([*search.rungs][0].rpartition("-")[2])


def _over_epochs(axis: Axes, search: Search, looks: Mapping[str, str]) -> None:
    rows = [row for found in search.rungs.values() for row in found]
    epochs = sorted({row["epoch"] for row in rows if row["probe"] is not None})
    for name in sorted(search.known, key=lambda name: (name in looks, name == search.base)):
        points = [(e, value) for e in epochs if (value := _accuracy(rows, name, e)) is not None]
        if points:
            axis.plot(
                *zip(*points, strict=True),
                color=looks.get(name, PALE),
                linewidth=1.0 if name in looks else 0.6,
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


def _validation(axis: Axes, search: Search, verdict: Mapping, looks: Mapping[str, str]) -> None:
    again = verdict["validation"]
    shown = {search.base: "base", search.winner: "winner"}
    for place, (name, word) in enumerate(shown.items()):
        word = "base" if name == search.base else word
        if again[word] is None:
            axis.text(place, 0.5, "diverged", transform=axis.get_xaxis_transform(), ha="center")
            continue
        own = [r for r in search.validation if r["candidate"] == name and r["epoch"] == r["epochs"]]
        for row in own:
            axis.plot(place - 0.15, 100 * row["probe"], ".", color=PALE, markersize=3)
        error = 100 * Z95 * again[f"{word}_standard_error"]
        look = {"marker": "o", "color": looks[name], "capsize": 2}
        axis.errorbar(place, 100 * again[word], error, **look)
    for key, style, word in (
        ("untrained", "--", "untrained encoder"),
        ("raw_pixels", ":", "raw pixels"),
    ):
        if verdict[key] is not None:
            axis.axhline(100 * verdict[key], color=GREY, linestyle=style, linewidth=0.8, label=word)
    axis.set_xticks(range(len(shown)), list(shown))
    axis.set(xlim=(-0.6, len(shown) - 0.4), ylabel="test accuracy (%)")
    axis.legend(loc="best")
    title(axis, f"validation, {again['epochs']} epochs")


def _factor(axis: Axes, factor: str, entries: Sequence[Entry], search: Search) -> None:
    """Mean accuracy of the candidates with each value of a factor."""
    groups: dict[str, list[float]] = {}
    values = sorted({_key(search.known[name][factor]) for name in search.known})
    for _, label in values:
        groups[label] = [
            100 * entry.mean
            for entry in entries
            if text(search.known[name_of(entry)][factor]) == label
        ]
    for place, found in enumerate(groups.values()):
        axis.plot([place] * len(found), found, ".", color=PALE, markersize=2)
        if found:
            error = stdev(found) / sqrt(len(found)) if len(found) > 1 else 0.0
            look = {"marker": "o", "color": CATEGORIES[0], "capsize": 2}
            axis.errorbar(place, mean(found), error, **look)
    own = text(search.known[search.base][factor])
    labels = [rf"$\bf{{{label}}}$" if label == own else label for label in groups]
    axis.set_xticks(range(len(groups)), labels)
    axis.set(xlim=(-0.6, len(groups) - 0.4), ylabel="held-out accuracy (%)")
    axis.set_xlabel(f"{factor.replace('_', ' ')} (bold: base)")
    title(axis)


def _key(value: object) -> tuple:
    """By which values are sorted: numbers in their order, others by their text; and the text."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (float(value) if number else -1.0), text(value)


def _same_heights(axes: Sequence[Axes]) -> None:
    limits = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
