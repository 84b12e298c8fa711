"""The one way from measured numbers to a verdict: estimate, interval, two tests, settings combined.

Of every setting, and of several together, two one-sided tests are made at 2.5%:

* affirm: no effect at all (or one at the margin, where nearness is claimed) is rejected;
* deny: an effect of the smallest size that matters is rejected.

Their null distributions are simulated: the same statistic of the same design, with the noise of
`spatial_mae.claims.noise`. Each test is made of two means, and the larger p counts: those of the
shape, and those measured, moved until the claim is just not right, or the effect just large enough
(`Shape.tied`, `Shape.enough`). Standard errors that repeats do not lower may be too large for
differences, of cells that share their images; then means are closer than noise allows, which shows
no nearness. Therefore the statistic must also stay on its side with these errors added to what was
measured. Several settings are adjusted by Holm's method.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np

from spatial_mae.claims.noise import Error, draw, errors, layouts, pooled
from spatial_mae.claims.shapes import Shape
from spatial_mae.claims.verdict import MOST_WORDS
from spatial_mae.tables.columns import COLUMNS
from spatial_mae.tables.rows import Rows
from spatial_mae.tables.settings import Key

LEVEL = 0.025
FRAME = 21  # words that the longest sentence adds to what is measured and its unit, given twice


@dataclass(frozen=True)
class Unit:
    """name: after a number. factor: from the measure's own unit to it. digits: after the point.

    ratio: numbers are natural logarithms of ratios, given as ratios.
    """

    name: str
    factor: float = 1.0
    digits: int = 2
    ratio: bool = False

    def __call__(self, *values: float) -> str:
        """`2.1 points`, or `0.5 to 3.7 points` of two values."""
        scaled = [self.factor * (exp(v) if self.ratio else v) for v in values]
        numbers = " to ".join(f"{value:.{self.digits}f}" for value in scaled)
        return f"{numbers}{'' if self.name == '%' else ' '}{self.name}".strip()


POINTS, PERCENT, PLAIN = Unit("points", 100, 1), Unit("%", 100, 1), Unit("", 1, 3)
TIMES = Unit("times", ratio=True)


@dataclass(frozen=True)
class Contrast:
    """What a statement claims of a measured number.

    shape: the statistic. free: the axes of its cells. says: what the statistic is, in words.
    least: the smallest effect that matters, in the measure's unit (relative: as a share of the
    setting's mean magnitude); 0 only where the shape has a margin. why: the argument for it or for
    the margin. column: the number. repeat: the column of its repeats, or None. error: a row's
    standard error that repeats do not lower. Neither: the numbers are exact. unpaired: cells are
    compared with something that shares no seed with them, such as the linear MAE.

    Raises ValueError without a smallest effect or margin, without its reason, for more words than
    leave room for the numbers in a sentence of `MOST_WORDS`, or for a column that no card declares.
    """

    shape: Shape
    free: tuple[str, ...]
    says: str
    least: float
    why: str
    unit: Unit = POINTS
    column: str = "value"
    repeat: str | None = "seed"
    error: Error | None = None
    relative: bool = False
    unpaired: bool = False

    def __post_init__(self) -> None:
        if not (self.least > 0 or self.shape.margin):
            raise ValueError(f"{self.says!r}: name the smallest effect that matters, as `least`")
        if not self.why:
            raise ValueError(f"{self.says!r}: say why {self.least:g} is the smallest effect")
        if len(self.says.split()) + 2 * len(self.unit(1.0).split()) > MOST_WORDS - FRAME:
            raise ValueError(f"{self.says!r}: too many words for a sentence with its numbers")
        columns = (*self.free, self.column, *([self.repeat] if self.repeat else []))
        if unknown := [name for name in columns if name not in COLUMNS]:
            raise ValueError(f"{self.says!r} reads {unknown[0]!r}, which no card declares")


@dataclass(frozen=True)
class Weight:
    """One or several settings weighed together.

    estimate, low, high: the statistic and its 95% interval. affirm, deny: p of the two tests.
    contrast: of which claim. part: its number among those that are combined, from 0.
    """

    estimate: float
    low: float
    high: float
    affirm: float
    deny: float
    contrast: Contrast
    part: int = 0


class Evidence:
    """The settings of a table in which a contrast can be seen, each alone or several together."""

    n_parts = 1

    def __init__(self, rows: Rows, contrast: Contrast) -> None:
        self.contrast = contrast
        self.layouts = layouts(
            rows,
            contrast.free,
            contrast.column,
            contrast.repeat,
            contrast.error,
            contrast.relative,
            contrast.shape.fits,
        )
        # What a repeat does to all networks cancels between cells of networks, and only there.
        common = contrast.unpaired or all(len(one.cells) == 1 for one in self.layouts)
        self.variances = pooled(self.layouts, common)
        # Without repeats all settings share the images whose error it is.
        apart = contrast.repeat is not None and not common
        runs = list(dict.fromkeys(one.run for one in self.layouts if apart))
        self.places = [runs.index(one.run) if apart else 0 for one in self.layouts]
        self._simulated: dict[int, tuple[np.ndarray, ...]] = {}

    @property
    def where(self) -> list[dict[str, object]]:
        return [one.where for one in self.layouts]

    @property
    def keys(self) -> list[Key]:
        return [one.key for one in self.layouts]

    @property
    def blind(self) -> bool:
        """Whether nothing shows the noise: repeats are wanted and no setting has two."""
        wanted = self.contrast.repeat is not None
        return wanted and all(freedom == 0 for _, freedom in self.variances.values())

    def seen(self) -> "Evidence":
        """Without the settings whose noise nothing shows."""
        if self.contrast.repeat is not None:
            known = [one for one in self.layouts if self.variances[one.reading][1] > 0]
            self.places = [self.places[self.layouts.index(one)] for one in known]
            self.layouts = known
        return self

    def weigh(self, chosen: Sequence[int], interval: bool = False) -> Weight:
        """The mean of the statistic over some settings, by their places in `layouts`.

        interval: whether its ends are wanted; without, they are the estimate.
        """
        values, *simulated = zip(*(self._simulate(place) for place in chosen), strict=True)
        estimate = np.mean(values)
        null, tied, least, enough, around, again = (
            sum(arrays) / len(chosen) for arrays in simulated
        )
        ends = np.quantile(around, (1 - LEVEL, LEVEL)) if interval else (0.0, 0.0)
        low, high = (estimate - end for end in ends)
        affirm = max(np.mean(null >= estimate), np.mean(tied >= estimate))
        deny = max(np.mean(least <= estimate), np.mean(enough <= estimate))
        if any(self.layouts[place].fixed.any() for place in chosen):
            affirm = max(affirm, np.mean(again <= 0))
            deny = max(deny, np.mean(again >= self.contrast.least))
        numbers = map(float, (estimate, low, high, affirm, deny))
        return Weight(*numbers, self.contrast)

    def _simulate(self, place: int) -> tuple[np.ndarray, ...]:
        """The statistic; its values without effect, at a tie, at `least` twice, around it; again.

        At `least`: of the shape's pattern, and near what was measured. Again: of what was measured
        with the errors that repeats do not lower.
        """
        if place not in self._simulated:
            one, shape = self.layouts[place], self.contrast.shape
            noise = draw(one, *self.variances[one.reading], self.places[place])
            cells, size = one.cells, self.contrast.least
            none, tied = shape.none(cells), shape.tied(one.means, cells)
            least, enough = none + size * shape.pattern(cells), shape.enough(one.means, cells, size)
            value, null = shape.value(one.means, cells), shape.value(none + noise, cells)
            at_least = shape.value(least + noise, cells) if size else null
            around = shape.value(one.means + noise, cells) - value
            again = around + value
            if one.fixed.any() and one.squares:
                again = shape.value(one.means + errors(one, self.places[place]), cells)
            self._simulated[place] = (
                np.asarray(value),
                null,
                null if np.array_equal(tied, none) else shape.value(tied + noise, cells),
                at_least,
                at_least if np.array_equal(enough, least) else shape.value(enough + noise, cells),
                around,
                again,
            )
        return self._simulated[place]


class Combined:
    """Several contrasts of the same settings, as one: `every` of them claimed, or one of them.

    every: the largest p of affirming (an intersection-union test), and the smallest of denying
    times their number. Otherwise the reverse.
    """

    def __init__(self, parts: "Sequence[Evidence | Combined]", every: bool = True) -> None:
        self.parts, self.every = parts, every
        first, *others = parts
        self.keys = [key for key in first.keys if all(key in other.keys for other in others)]
        self.places = [first.places[first.keys.index(key)] for key in self.keys]
        self.n_parts = sum(part.n_parts for part in parts)

    @property
    def where(self) -> list[dict[str, object]]:
        return [one.where for one in self.layouts]

    @property
    def contrast(self) -> Contrast:
        return self.parts[0].contrast

    @property
    def blind(self) -> bool:
        return any(part.blind for part in self.parts)

    @property
    def layouts(self) -> list:
        first = self.parts[0]
        return [first.layouts[first.keys.index(key)] for key in self.keys]

    def seen(self) -> "Combined":
        return type(self)([part.seen() for part in self.parts], self.every)

    def weigh(self, chosen: Sequence[int], interval: bool = False) -> Weight:
        """As of one contrast; estimate and interval are those of the part that decides.

        `every`: the part that is denied, else the one least affirmed. Otherwise the reverse.
        """
        keys, found, before = [self.keys[place] for place in chosen], [], 0
        for part in self.parts:
            weight = part.weigh([part.keys.index(key) for key in keys], interval)
            found.append(replace(weight, part=before + weight.part))
            before += part.n_parts
        return as_one(found, self.every)


def as_one(found: Sequence[Weight], every: bool) -> Weight:
    """The weights of several claims as one: see `Combined`."""
    strict, loose = ("affirm", "deny") if every else ("deny", "affirm")
    weakest = max(found, key=lambda weight: getattr(weight, strict))
    strongest = min(found, key=lambda weight: getattr(weight, loose))
    least = min(1.0, len(found) * getattr(strongest, loose))
    decisive = strongest if least <= LEVEL else weakest
    return replace(decisive, **{strict: getattr(weakest, strict), loose: least})
