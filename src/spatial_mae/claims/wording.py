"""Outcomes in words: in how many settings, which axis decides, what was varied."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from spatial_mae.tables.rows import Rows, by, grouped
from spatial_mae.tables.words import NAMES


class Judged(Protocol):
    """What is needed of an outcome."""

    where: Mapping[str, object]
    holds: bool | None


# Of evidence that counts both, the second number's name.
HOLDING = "settings_holding"
# Longer lists of numbers are written as ranges.
MOST_VALUES = 6
# So many values of an axis are counted one by one.
MOST_COUNTS = 4
# An axis is named as deciding if it removes at least this share of the Gini impurity.
INFORMATIVE = 0.1


def held(outcomes: Sequence[Judged]) -> int:
    """In how many settings the statement holds."""
    return sum(outcome.holds is True for outcome in outcomes)


def share(outcomes: Sequence[Judged]) -> str:
    """`3 of 4`, the settings that hold of all."""
    return f"{held(outcomes)} of {len(outcomes)}"


def counts(name: str, outcomes: Sequence[Judged], holding: str = "holding") -> dict[str, float]:
    """Both numbers as evidence called `{name}_settings` and `{name}_{holding}`; none of nothing."""
    if not outcomes:
        return {}
    return {f"{name}_settings": len(outcomes), f"{name}_{holding}": held(outcomes)}


def describe(
    outcomes: Sequence[Judged], noise: str = "its change between the two largest n"
) -> str:
    """`Holds in 9 of 12 settings; by k: always for 16, 64; never for 1024. Settings: ...`

    noise: what an effect must exceed to be resolved.
    """
    total = len(outcomes)
    known = [outcome for outcome in outcomes if outcome.holds is not None]
    parts = [_count(held(outcomes), total)]
    if 0 < held(outcomes) < len(known):
        parts += [_split(known, axis) for axis in deciding_axes(known)]
        parts += _exceptions(known)
    if len(known) < total:
        parts.append(f"not resolved in {total - len(known)}: the effect is no larger than {noise}")
    varied = _settings(outcomes)
    return "; ".join(parts) + "." + (f" Settings: {varied}." if varied else "")


def _count(n_held: int, total: int) -> str:
    if total == 1:
        return "Holds in the one setting" if n_held else "Does not hold in the one setting tested"
    if n_held in (0, total):
        how = "Holds in all" if n_held else "Does not hold in any of"
        return f"{how} {total} settings"
    return f"Holds in {n_held} of {total} settings"


def deciding_axes(outcomes: Sequence[Judged], most: int = 2) -> list[str]:
    """The axes that best separate where the statement holds, the best first; one if enough."""
    gains = {axis: _gain(outcomes, axis) for axis in _axes(outcomes)}
    ranked = sorted(gains, key=gains.get, reverse=True)
    if ranked and gains[ranked[0]] > 1 - 1e-12:
        return ranked[:1]
    return [axis for axis in ranked[:most] if gains[axis] >= INFORMATIVE]


def _axes(outcomes: Sequence[Judged]) -> list[str]:
    """The axes that all outcomes have and that take more than one value."""
    shared = [a for a in outcomes[0].where if all(a in outcome.where for outcome in outcomes)]
    return [a for a in shared if len({outcome.where[a] for outcome in outcomes}) > 1]


def _gain(outcomes: Sequence[Judged], axis: str) -> float:
    """The share of the Gini impurity that knowing the axis removes, in [0, 1]."""
    before = _impurity(outcomes)
    after = sum(_impurity(group) for group in _groups(outcomes, axis).values())
    return (before - after) / before


def _impurity(outcomes: Sequence[Judged]) -> float:
    n_held = held(outcomes)
    return n_held * (len(outcomes) - n_held) / len(outcomes)


def _groups(outcomes: Sequence[Judged], axis: str) -> dict[object, list[Judged]]:
    groups = grouped(outcomes, lambda outcome: outcome.where.get(axis))
    return dict(sorted(groups.items(), key=lambda item: _order(item[0])))


def _split(outcomes: Sequence[Judged], axis: str) -> str:
    """`by k: always for 16, 64; in 3 of 8 for 256; never for 1024`"""
    groups = _groups(outcomes, axis)
    n_held = {value: held(group) for value, group in groups.items()}
    always = [value for value, group in groups.items() if n_held[value] == len(group)]
    never = [value for value in groups if n_held[value] == 0]
    sometimes = [value for value in groups if value not in always and value not in never]
    lots = [[value] for value in sometimes] if len(sometimes) <= MOST_COUNTS else [sometimes]
    texts = [f"always for {list_values(always, list(groups))}"] if always else []
    for lot in filter(None, lots):
        total = sum(len(groups[value]) for value in lot)
        count = f"in {sum(n_held[value] for value in lot)} of {total}"
        texts.append(f"{count} for {list_values(lot, list(groups))}")
    texts += [f"never for {list_values(never, list(groups))}"] if never else []
    return f"by {NAMES.get(axis, axis)}: " + ", ".join(texts)


def _exceptions(outcomes: Sequence[Judged], most: int = 2) -> list[str]:
    """The settings themselves if few hold, or few do not, and no axis separates them."""
    axes = _axes(outcomes)
    if len(deciding_axes(outcomes)) == 1 and _gain(outcomes, deciding_axes(outcomes)[0]) == 1:
        return []
    for word, holds in (("not", False), ("only", True)):
        few = [outcome for outcome in outcomes if bool(outcome.holds) == holds]
        if len(few) <= most:
            texts = [", ".join(_pair(axis, o.where[axis]) for axis in axes) for o in few]
            return [f"{word} for ({text})" for text in texts]
    return []


def _pair(axis: str, value: object) -> str:
    return f"{NAMES.get(axis, axis)} {_text(value)}"


def _settings(outcomes: Sequence[Judged]) -> str:
    axes = dict.fromkeys(axis for outcome in outcomes for axis in outcome.where)
    texts = []
    for axis in axes:
        values = {o.where[axis]: None for o in outcomes if axis in o.where}
        ordered = sorted(values, key=_order)
        texts.append(f"{NAMES.get(axis, axis)} {list_values(ordered, ordered)}")
    return "; ".join(texts)


def list_values(values: Sequence[object], known: Sequence[object]) -> str:
    """`1, 2, 4`, or `1 to 40, 64` where there are many and neighbours in `known` follow on."""
    if len(values) <= MOST_VALUES or not all(isinstance(v, int | float) for v in values):
        return ", ".join(_text(value) for value in values)
    runs: list[list[object]] = []
    for value in values:
        if runs and known.index(value) == known.index(runs[-1][-1]) + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = [_text(r[0]) if len(r) == 1 else f"{_text(r[0])} to {_text(r[-1])}" for r in runs]
    return ", ".join(texts)


def _order(value: object) -> tuple:
    """Numbers before texts, nothing last."""
    number = isinstance(value, int | float)
    return (value is None, not number, value if number else str(value))


def _text(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def describe_data(rows: Rows) -> str:
    """`cifar10 (n = 2048 to 8068; lossless); ...`, with the pixel statement of each data set.

    Without data sets the lattices, `Ising chain`, or `no images`.
    """
    if not by(rows, "dataset"):
        return "; ".join(f"Ising {lattice}" for lattice in by(rows, "lattice")) or "no images"
    texts = []
    for name, members in by(rows, "dataset").items():
        counts = sorted({int(r["n_images"]) for r in members if r.get("n_images") is not None})
        pixels = sorted({str(r["pixels"]) for r in members if r.get("pixels")})
        spread = [f"{counts[0]} to {counts[-1]}"] if len(counts) > 1 else [str(c) for c in counts]
        notes = [f"n = {text}" for text in spread] + pixels
        texts.append(f"{name} ({'; '.join(notes)})" if notes else str(name))
    return "; ".join(texts)


def only_jpeg(rows: Rows) -> bool:
    """True if every image behind the rows went through JPEG, as its pixel statement says."""
    pixels = [str(row["pixels"]).lower() for row in rows if row.get("pixels")]
    return bool(pixels) and all("jpeg" in text for text in pixels)
