"""From weighed settings to one of the seven words: overall, then by a named condition.

`holds`: all settings together affirm, none alone denies, and at no value of any axis does the
estimate point the other way. `fails`: together they deny and none alone affirms. Under conditions:
at named values of an axis (or of two) settings affirm and at others they deny. Tests of single
settings and of conditions are adjusted by Holm's method. Otherwise it is inconclusive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from spatial_mae.claims.engine import LEVEL, Combined, Contrast, Evidence, Weight
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
    whole = evidence.weigh(everything)
    alone = [evidence.weigh([place]) for place in everything]
    affirms = [p <= LEVEL for p in holm([_affirmed(weight) for weight in alone])]
    denies = [p <= LEVEL for p in holm([weight.deny for weight in alone])]
    condition = None
    if universal and any(denies):
        word = FAILS
    elif _holds(evidence, whole, denies):
        word = HOLDS
    elif whole.deny <= LEVEL and not any(affirms):
        word = FAILS
    else:
        condition = _condition(evidence, affirms, denies)
        word = CONDITIONAL if condition else INCONCLUSIVE
    sentence = _sentence(word, whole, alone, condition, sum(denies))
    return Conclusion(word, sentence, whole, alone, sum(affirms), sum(denies), condition)


def _affirmed(weight: Weight) -> float:
    """The p of affirming; 1 of an effect that is there and smaller than what matters."""
    return weight.affirm if weight.deny > LEVEL else 1.0


def _holds(evidence: Evidence | Combined, whole: Weight, denies: Sequence[bool]) -> bool:
    if whole.affirm > LEVEL or whole.deny <= LEVEL or any(denies):
        return False
    parts = (part for axis in _axes(evidence.where) for part in _values(evidence, (axis,)).values())
    return all(evidence.weigh(part).estimate > 0 for part in parts)


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
            best = max(both, key=lambda names: len(yes[names]) + len(no[names]))
            return Condition(best, yes[best], no[best])
    return None


def _sentence(
    word: str, whole: Weight, alone: Sequence[Weight], condition: Condition | None, denied: int
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
    if word == INCONCLUSIVE:
        return f"{text}; {_both(contrast)} are both possible."
    if word == FAILS and contrast.least and whole.estimate > 0:
        return f"{text}, less than the {contrast.unit(contrast.least)} that matter."
    return f"{text}."


def _conditional(condition: Condition) -> str:
    """Of either side the median number; what it is once, where it is the same.

    Values are named as far as the words allow.
    """
    yes, no = (
        sorted(side.values(), key=lambda weight: weight.estimate)[(len(side) - 1) // 2]
        for side in (condition.affirmed, condition.denied)
    )
    says = "" if no.contrast.says == yes.contrast.says else f"{no.contrast.says} "
    for most in (MOST_WORDS, 3, 2, 1):
        text = (
            f"{_named(condition, condition.affirmed, most)}: {yes.contrast.says} {_number(yes)}; "
            f"{_named(condition, condition.denied, most)}: {says}{_number(no)}."
        )
        if len(text.split()) <= MOST_WORDS:
            break
    return text


def _number(weight: Weight) -> str:
    return weight.contrast.unit(_shown(weight.contrast, weight.estimate))


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
    return margin - value if margin > 0 else value - margin


def _named(condition: Condition, values: Mapping[tuple, Weight], most: int) -> str:
    """`patch size 4, 8`, or `patch size 4 with latents k 16`; the first ones, and how many more."""
    axes = [NAMES.get(axis, axis) for axis in condition.axes]
    more = f" and {len(values) - most} more" if len(values) > most else ""
    if len(axes) == 1:
        ordered = sorted((value for (value,) in values), key=lambda v: (isinstance(v, str), v))
        return f"{axes[0]} {list_values(ordered[:most], ordered)}{more}"
    pairs = [
        " with ".join(f"{name} {v}" for name, v in zip(axes, value, strict=True))
        for value in list(values)[:most]
    ]
    return " and ".join(pairs) + more
