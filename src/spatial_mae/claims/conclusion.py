"""From weighed settings to one of the seven words: overall, then by a named condition.

`holds`: all settings together affirm, none alone denies, and at every value of every axis the
effect is one that matters (without repeats: each setting affirms). `fails`: together they deny and
none alone affirms, or each of them denies, whatever their mean. Under conditions: at named values
of an axis (or of two) settings affirm and at others they deny. Tests of single settings and of
conditions are adjusted by Holm's method. Otherwise it is inconclusive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median, mode

from spatial_mae.claims.engine import LEVEL, Combined, Contrast, Evidence, Weight
from spatial_mae.claims.noise import READINGS
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, MOST_WORDS
from spatial_mae.claims.wording import list_values
from spatial_mae.tables.rows import grouped
from spatial_mae.tables.words import NAMES


@dataclass(frozen=True)
class Condition:
    """axes, and the values at which the statement is affirmed and denied, with their weights."""

    axes: tuple[str, ...]
    affirmed: Mapping[tuple, Weight]
    denied: Mapping[tuple, Weight]


@dataclass(frozen=True)
class Conclusion:
    """word: the verdict. whole: all settings. condition: where it is conditional.

    alone: the weight of each setting. affirmed, denied: how many are so alone (Holm).
    """

    word: str
    sentence: str
    whole: Weight
    alone: Sequence[Weight]
    affirmed: int
    denied: int
    condition: Condition | None = None


def holm(values: Sequence[float]) -> list[float]:
    """p values adjusted by Holm's method: the chance of one false rejection stays below each."""
    ranked = sorted(range(len(values)), key=lambda place: values[place])
    adjusted, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(ranked):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted


def conclude(evidence: Evidence | Combined, universal: bool = False) -> Conclusion:
    """The word for settings whose noise is known; at least one.

    universal: the statement is about all cases: one that is denied refutes it.
    """
    everything = range(len(evidence.where))
    whole = evidence.weigh(everything, interval=True)
    alone = [evidence.weigh([place]) for place in everything]
    affirms = [p <= LEVEL for p in holm([_affirmed(weight) for weight in alone])]
    denies = [p <= LEVEL for p in holm([weight.deny for weight in alone])]
    condition, open_at = None, ""
    clear = whole.affirm <= LEVEL < whole.deny and not any(denies)
    if universal and any(denies):
        word = FAILS
    elif clear and not (open_at := _open_at(evidence, alone)):
        word = HOLDS
    elif all(denies) or (whole.deny <= LEVEL and not any(affirms)):
        word = FAILS
    else:
        condition = _condition(evidence, affirms, denies)
        word = CONDITIONAL if condition else INCONCLUSIVE
    sentence = _sentence(word, whole, alone, condition, open_at, sum(affirms), sum(denies))
    return Conclusion(word, sentence, whole, alone, sum(affirms), sum(denies), condition)


def _affirmed(weight: Weight) -> float:
    """The p of affirming; 1 of an effect that is there and smaller than what matters."""
    return weight.affirm if weight.deny > LEVEL else 1.0


def _open_at(evidence: Evidence | Combined, alone: Sequence[Weight]) -> str:
    """`at k 64`: where nothing is shown, the first such place; empty if there is none.

    With repeats the estimate at every value of an axis must be one that matters. Without, an error
    is shared by all settings and nothing is averaged away: each must affirm by itself.
    """
    if alone[0].contrast.repeat is None:
        unseen = sum(_affirmed(weight) > LEVEL for weight in alone)
        return f"in {unseen} of them" if unseen else ""
    for axis in _axes(evidence.where):
        for (value,), part in _values(evidence, (axis,)).items():
            weight = evidence.weigh(part)
            if weight.estimate < weight.contrast.least:
                return f"at {NAMES.get(axis, axis)} {_plain(value)}"
    return ""


def _plain(value: object) -> str:
    return str(value).replace("_", " ")


def _axes(where: Sequence[Mapping]) -> list[str]:
    """The axes that all settings have and that take several values."""
    shared = [axis for axis in where[0] if all(axis in one for one in where)]
    return [axis for axis in shared if len({one[axis] for one in where}) > 1]


def _values(evidence: Evidence | Combined, axes: tuple[str, ...]) -> dict[tuple, list[int]]:
    """The places of the settings at each value of the axes."""
    places = range(len(evidence.where))
    return grouped(places, lambda place: tuple(evidence.where[place][axis] for axis in axes))


def _condition(
    evidence: Evidence | Combined, affirms: Sequence[bool], denies: Sequence[bool]
) -> Condition | None:
    """Values of one axis, else of two, some of which affirm and some of which deny."""
    axes = _axes(evidence.where)
    for choices in ([(axis,) for axis in axes], list(combinations(axes, 2))):
        tried = [
            (names, value, places, evidence.weigh(places))
            for names in choices
            for value, places in _values(evidence, names).items()
        ]
        for_it = holm([_affirmed(weight) for *_, weight in tried])
        against = holm([weight.deny for *_, weight in tried])
        yes, no = {}, {}
        for (names, value, places, weight), p, q in zip(tried, for_it, against, strict=True):
            if q <= LEVEL and not any(affirms[place] for place in places):
                no.setdefault(names, {})[value] = weight
            elif p <= LEVEL and not any(denies[place] for place in places):
                yes.setdefault(names, {})[value] = weight
        both = [names for names in choices if names in yes and names in no]
        if both:
            best = max(both, key=lambda names: (len(yes[names]) + len(no[names]), _read(names)))
            return Condition(best, yes[best], no[best])
    return None


def _read(axes: Sequence[str]) -> bool:
    """Of axes that divide the settings alike, what is measured says more than how it was made."""
    return all(axis in READINGS for axis in axes)


def _sentence(
    word: str,
    whole: Weight,
    alone: Sequence[Weight],
    condition: Condition | None,
    open_at: str,
    affirmed: int,
    denied: int,
) -> str:
    """What was found, in at most forty words."""
    contrast = whole.contrast
    if condition is not None:
        return _conditional(condition)
    towards = sum(weight.estimate > 0 for weight in alone)
    count = f"{towards} of {len(alone)} settings as claimed" if len(alone) > 1 else "One setting"
    if word == FAILS and denied and whole.deny > LEVEL:
        return f"{denied} of {len(alone)} settings refute a statement about all: {contrast.says}."
    text = f"{count}: {contrast.says} {_interval(contrast, whole)}"
    if word == INCONCLUSIVE and denied and (affirmed or whole.affirm <= LEVEL):
        return f"{text}; {denied} deny it, {affirmed} affirm it, and no axes separate them."
    if word == INCONCLUSIVE and open_at:
        return f"{text}; {open_at} it is not shown."
    if word == INCONCLUSIVE and _outside(contrast, whole):
        return f"{text}; with all that is tested at once this may be chance."
    if word == INCONCLUSIVE:
        return f"{text}; {_both(contrast)} are both possible."
    if word == FAILS and contrast.least and whole.estimate > 0:
        return f"{text}, less than the {contrast.unit(contrast.least)} that matter."
    return f"{text}."


def _conditional(condition: Condition) -> str:
    """Where it is so and where not; only how often, if that has too many words."""
    yes, no = map(_usual, (condition.affirmed, condition.denied))
    text = (
        f"{_named(condition, condition.affirmed)}: {yes.says} {_mean(yes, condition.affirmed)}; "
        f"{_named(condition, condition.denied)}: {f'{no.says} ' if no != yes else ''}"
        f"{_mean(no, condition.denied)}."
    )
    if len(text.split()) <= MOST_WORDS:
        return text
    axes = " with ".join(NAMES.get(axis, axis) for axis in condition.axes)
    affirmed, denied = len(condition.affirmed), len(condition.denied)
    ours = f"{yes.says} {_mean(yes, condition.affirmed)}"
    if no != yes:
        return f"{affirmed} values of {axes} as claimed, {denied} not: {ours} in the former."
    against = _mean(no, condition.denied)
    return f"{affirmed} values of {axes} as claimed, {denied} not: {ours} and {against}."


def _outside(contrast: Contrast, whole: Weight) -> bool:
    """Whether the interval, of one test among several, leaves out no effect or one that matters."""
    return not contrast.shape.margin and (whole.low > 0 or whole.high < contrast.least)


def _both(contrast: Contrast) -> str:
    if margin := contrast.shape.margin:
        return f"more and less than {contrast.unit(abs(margin))}"
    return f"no effect and {contrast.unit(contrast.least)}"


def _interval(contrast: Contrast, weight: Weight) -> str:
    estimate, *ends = (
        _shown(contrast, value) for value in (weight.estimate, weight.low, weight.high)
    )
    if weight.low == weight.high:
        return contrast.unit(estimate)
    return f"{contrast.unit(estimate)} (95% interval {contrast.unit(*sorted(ends))})"


def _shown(contrast: Contrast, value: float) -> float:
    """With a margin the distance itself, which the statistic compares with it."""
    margin = contrast.shape.margin
    distance = margin - value if margin > 0 else value - margin
    return max(distance, contrast.shape.least_distance)


def _usual(weights: Mapping[tuple, Weight]) -> Contrast:
    """Of several claims combined the one that decides most often."""
    return mode(weight.contrast for weight in weights.values())


def _mean(contrast: Contrast, weights: Mapping[tuple, Weight]) -> str:
    middle = median(w.estimate for w in weights.values() if w.contrast == contrast)
    return contrast.unit(_shown(contrast, middle))


def _named(condition: Condition, values: Mapping[tuple, Weight]) -> str:
    """`patch size 4, 8`, or `patch size 4 with latents k 16`."""
    if len(condition.axes) == 1:
        plain = [v if isinstance(v, int | float) else _plain(v) for (v,) in values]
        ordered = sorted(plain, key=lambda v: (isinstance(v, str), v))
        return f"{NAMES.get(condition.axes[0], condition.axes[0])} {list_values(ordered, ordered)}"
    first, *others = values
    pair = zip(condition.axes, first, strict=True)
    named = " with ".join(f"{NAMES.get(axis, axis)} {_plain(value)}" for axis, value in pair)
    more = f" and {len(others)} other{'s' * (len(others) > 1)}"
    return named + more * bool(others)
