"""Settings ranked by the mean of their seeds, with standard errors that make no more of it.

The deviation between seeds is pooled over all settings: two or three seeds alone do not show it.
An accuracy also depends on which images are held out. Settings share these images, so that half of
the binomial variance is taken as common to them and does not count.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from scipy.stats import studentized_range, t

from spatial_mae.files import Row

CONFIDENCE = 0.975  # settings are compared twice, on a rung and in the end: 95% in all
OWN_SHARE = 0.5  # of the binomial variance of an accuracy
SIGNS = {"probe": 1, "agreement": 1, "error": -1}
Setting = tuple  # the values of some columns, by default of a patch size and a mask ratio
KEYS = ("patch", "mask")


@dataclass(frozen=True)
class Entry:
    """A setting's mean over seeds and what it cost; `variance` of the mean, seeds and images."""

    setting: Setting
    mean: float
    n_seeds: int
    variance: float
    seconds: float

    @property
    def standard_error(self) -> float:
        return math.sqrt(self.variance)


@dataclass(frozen=True)
class Ranking:
    """Entries, the best first; `sign` is 1 where larger is better.

    df: degrees of freedom of the pooled deviation between seeds, corrected for the part of the
    variance that is from images (Satterthwaite). 0: every setting has one seed, nothing is known.
    """

    entries: tuple[Entry, ...]
    sign: int
    df: float

    @property
    def best(self) -> Entry:
        return self.entries[0]

    @cached_property
    def by_setting(self) -> Mapping[Setting, Entry]:
        return {entry.setting: entry for entry in self.entries}

    def behind(self, entry: Entry, other: Entry | None = None) -> float:
        """How much worse an entry is than another, by default the best."""
        return self.sign * ((other or self.best).mean - entry.mean)

    def gap_error(self, entry: Entry, other: Entry | None = None) -> float:
        """The standard error of this difference."""
        return math.sqrt(entry.variance + (other or self.best).variance)

    def within(self, errors: float) -> list[Entry]:
        """Entries at most so many standard errors of the difference behind the best."""
        return [e for e in self.entries if self.behind(e) <= errors * self.gap_error(e)]

    def worse(self, entry: Entry, other: Entry) -> bool:
        """Whether an entry is worse than another, all pairs considered (Tukey)."""
        return self.behind(entry, other) > self.factor * self.gap_error(entry, other)

    def tied(self, entry: Entry) -> list[Entry]:
        """Entries that an entry is not shown to be better than, itself among them."""
        return [other for other in self.entries if not self.worse(other, entry)]

    @cached_property
    def factor(self) -> float:
        """Standard errors of a difference that chance among so many settings does not make."""
        return _factor(max(2, len(self.entries)), tabulated(self.df))

    def beats(self, entry: Entry, value: float) -> bool:
        """Whether an entry is better than a number measured on the same images."""
        if self.df <= 0:
            return False
        gap = self.sign * (entry.mean - value)
        return gap > t.ppf(CONFIDENCE, self.df) * entry.standard_error

    def cheapest(self) -> Entry:
        """Of the entries within one standard error of the best, the one trained in least time."""
        near = [e for e in self.entries if self.behind(e) <= self.best.standard_error]
        return min(near, key=lambda entry: (entry.seconds, self.behind(entry)))


@cache
def _factor(n: int, df: int) -> float:
    return studentized_range.ppf(CONFIDENCE, n, df) / math.sqrt(2) if df else math.inf


def tabulated(df: float) -> int:
    """The largest of some degrees of freedom, up to 120, that is at most `df`; 0: none."""
    return max(n for n in (*range(21), 24, 30, 40, 60, 120) if n <= df)


def rank(
    rows: Sequence[Row], measure: str, epoch: int | None = None, keys: Sequence[str] = KEYS
) -> Ranking:
    """Rank settings by a measure (a key of SIGNS) at an epoch, by default each run's last.

    keys: the columns whose values are a setting. Runs that diverged do not count. Raises ValueError
    if no run is left.
    """
    groups = _grouped(rows, measure, epoch, keys)
    if not groups:
        where = "" if epoch is None else f" at epoch {epoch}"
        raise ValueError(
            f"no run with a {measure}{where} to rank: all diverged, or none was scored; lower "
            "base_learning_rate, or see the logs of evaluate_mae"
        )
    sign = SIGNS[measure]
    residuals, df = 0.0, 0
    for found in groups.values():
        mean = sum(row[measure] for row in found) / len(found)
        residuals += sum((row[measure] - mean) ** 2 for row in found)
        df += len(found) - 1
    between = residuals / df if df else 0.0
    entries = [_entry(setting, found, measure, between) for setting, found in groups.items()]
    entries.sort(key=lambda entry: -sign * entry.mean)
    return Ranking(tuple(entries), sign, _corrected(entries, between, df))


def _grouped(
    rows: Sequence[Row], measure: str, epoch: int | None, keys: Sequence[str]
) -> dict[Setting, list[Row]]:
    def setting(row: Row) -> Setting:
        return tuple(row[key] for key in keys)

    diverged = {setting(row) for row in rows if row["status"] == "diverged"}
    latest: dict[tuple, Row] = {}
    for row in rows:
        if row[measure] is None or setting(row) in diverged or epoch not in (None, row["epoch"]):
            continue
        key = (*setting(row), row["seed"])
        if key not in latest or row["epoch"] > latest[key]["epoch"]:
            latest[key] = row
    groups: dict[Setting, list[Row]] = {}
    for row in latest.values():
        groups.setdefault(setting(row), []).append(row)
    return groups


def _entry(setting: Setting, rows: Sequence[Row], measure: str, between: float) -> Entry:
    n = len(rows)
    mean = sum(row[measure] for row in rows) / n
    images = 0.0
    if measure == "probe":
        images = OWN_SHARE * mean * (1 - mean) / rows[0]["n_labelled"]
    seconds = sum(row["seconds"] for row in rows) / n
    return Entry(setting, mean, n, between / n + images, seconds)


def _corrected(entries: Sequence[Entry], between: float, df: int) -> float:
    """Satterthwaite's degrees of freedom of an entry's variance, of the median entry."""
    if not df:
        return 0.0
    ratios = sorted(e.variance * e.n_seeds / between if between else math.inf for e in entries)
    ratio = ratios[len(ratios) // 2]
    return float(min(df * ratio**2, 1e6))
