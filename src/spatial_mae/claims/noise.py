"""Numbers in cells and their noise: repeats paired, variances pooled, the test set's error added.

A number of cell c and repeat s is mean[c] + shift[s] + noise. The shift, common to all cells of one
seed, cancels in every comparison of cells; a single cell keeps it, as noise. The noise has one
variance in all settings in which the same thing is measured: one repeat in a setting is enough if
others have several.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spatial_mae.claims.shapes import Cell
from spatial_mae.claims.verdict import Undecidable
from spatial_mae.tables.columns import COLUMNS
from spatial_mae.tables.repeats import largest_n
from spatial_mae.tables.rows import Row, Rows, distinct, grouped
from spatial_mae.tables.settings import Key, named, setting, settings

# What of one network or image set is measured. Noise is pooled over settings that agree in these;
# settings that differ in nothing else share their networks, hence their noise.
READINGS = ("measure", "metric", "protocol", "representation", "block", "label", "normalised")
READINGS += ("base",)
READINGS += ("exponent", "channels", "outputs", "output", "query", "space", "source", "against")
READINGS += ("readout", "input", "start", "definition")
# What must be one within a comparison, unless it is what is compared.
SCALE = ("model_width", "pretrain_epochs", "pretrain_n_train", "epochs", "n_train")
DRAWS = 10_000
Error = Callable[[Row], float]


@dataclass(frozen=True)
class Layout:
    """The measured cells of one setting.

    key, where: the setting, whole and as verdicts name it. cells: in order. means: over repeats,
    (cells,). fixed: variances that repeats share and do not lower, (cells,), such as the test
    set's. repeats: their number.
    squares, freedom: sum of squared deviations between repeats, and its degrees of freedom.
    reading, run: what is measured, and of which networks.
    """

    key: Key
    where: dict[str, object]
    cells: tuple[Cell, ...]
    means: np.ndarray
    fixed: np.ndarray
    repeats: int
    squares: float
    freedom: int
    reading: Key
    run: Key
    n_images: int | None


def layouts(
    rows: Rows,
    free: Sequence[str],
    column: str,
    repeat: str | None,
    error: Error | None,
    relative: bool,
    fits: Callable[[Sequence[Cell]], bool],
) -> list[Layout]:
    """The cells of every setting of the rows that has those which are wanted.

    free: the axes of the cells. column: the measured number. repeat: the column of the repeats,
    which pair all cells; None where there are none. error: row -> standard error that repeats do
    not lower. relative: numbers are divided by the mean magnitude of their setting. fits: whether
    these are the cells wanted.
    Raises Undecidable for numbers that are missing or not finite, the same repeat twice, or
    different scales within one comparison.
    """
    finite(rows, column)
    found = [
        _layout(key, group, free, column, repeat, error, relative, fits)
        for key, group in settings(rows, free).items()
    ]
    return [layout for layout in found if layout is not None]


def finite(rows: Rows, column: str) -> None:
    """Raise Undecidable unless every row has a finite number in the column."""
    bad = [r for r in rows if r.get(column) is None or not math.isfinite(float(r[column]))]
    if bad:
        name = COLUMNS[column].label if column in COLUMNS else column
        found = ", ".join(sorted({str(row.get(column)) for row in bad}))
        raise Undecidable(f"{name} is {found} in {len(bad)} of {len(rows)} rows")


def _layout(
    key: Key,
    rows: Rows,
    free: Sequence[str],
    column: str,
    repeat: str | None,
    error: Error | None,
    relative: bool,
    fits: Callable[[Sequence[Cell]], bool],
) -> Layout | None:
    rows = most_images(rows)
    cells = sorted({_cell(row, free) for row in rows}, key=_order)
    if not fits(cells):
        return None
    _one_scale(rows, free)
    table = _table(rows, cells, free, column, repeat)
    if table is None:
        return None
    unit = (np.abs(table).mean() or 1.0) if relative else 1.0
    table = table / unit
    fixed = np.zeros(len(cells))
    if error is not None:
        own = grouped(rows, lambda row: _cell(row, free))
        fixed = np.array([_mean_square(own[cell], error) for cell in cells]) / unit**2
    residuals = table - table.mean(axis=0)
    if paired := len(cells) > 1:
        residuals = residuals - table.mean(axis=1, keepdims=True) + table.mean()
    reading = tuple(pair for pair in key if pair[0] in READINGS)
    run = tuple(pair for pair in key if pair[0] not in READINGS)
    return Layout(
        key,
        named(key),
        tuple(cells),
        table.mean(axis=0),
        fixed,
        len(table),
        float((residuals**2).sum()),
        (len(table) - 1) * (len(cells) - 1 if paired else 1),
        reading,
        run,
        largest_n(rows),
    )


def most_images(rows: Rows) -> Rows:
    """Of one setting the rows on the largest number of images."""
    largest = largest_n(rows)
    return [row for row in rows if row.get("n_images") in (None, largest)] if largest else rows


def _cell(row: Row, free: Sequence[str]) -> Cell:
    return tuple(row.get(axis) for axis in free)


def _order(cell: Cell) -> tuple:
    return tuple((value is None, isinstance(value, str), value) for value in cell)


def _one_scale(rows: Rows, free: Sequence[str]) -> None:
    for name in SCALE:
        found = distinct(rows, name)
        if name not in free and len(found) > 1:
            raise Undecidable(
                f"networks of two scales in one comparison: {COLUMNS[name].label} "
                f"{' and '.join(map(str, sorted(found)[:2]))}"
            )


def _table(
    rows: Rows, cells: Sequence[Cell], free: Sequence[str], column: str, repeat: str | None
) -> np.ndarray | None:
    """Numbers (repeats, cells) of the repeats that have all cells; None if none has."""
    whole = []
    for name, group in grouped(rows, lambda row: row.get(repeat) if repeat else None).items():
        by_cell = grouped(group, lambda row: _cell(row, free))
        if set(by_cell) == set(cells):
            once = {
                c: _once(by_cell[c], column, f"{repeat} {name}" if repeat else "") for c in cells
            }
            whole.append([np.mean(once[cell]) for cell in cells])
    table = np.array(whole)
    if len(table) > 1 and (table == table[0]).all():
        raise Undecidable(f"all {len(table)} repeats ({repeat}) are copies of one")
    return table if len(table) else None


def _once(rows: Rows, column: str, repeat: str) -> list[float]:
    """The numbers of one cell and repeat, those of a run that two experiments measured once.

    Several differ in another repeat, such as a severity.
    """
    if len(rows) == 1:
        return [float(rows[0][column])]
    found: dict[tuple, float] = {}
    for row in rows:
        key = (setting(row), *(row.get(name) for name in REPEATED))
        if found.setdefault(key, float(row[column])) != row[column]:
            where = repeat or "one choice"
            raise Undecidable(f"{where} is there twice, with different numbers")
    return list(found.values())


REPEATED = tuple(name for name, column in COLUMNS.items() if column.role in ("repeat", "place"))


def _mean_square(rows: Rows, error: Error) -> float:
    """Raises Undecidable for an error that is not finite."""
    found = [error(row) for row in rows]
    if bad := [one for one in found if not math.isfinite(one)]:
        raise Undecidable(f"the standard error is {bad[0]} in {len(bad)} of {len(rows)} rows")
    return float(np.mean(np.square(found)))


def accuracy_error(row: Row) -> float:
    """Standard error of an accuracy, sqrt(a (1 - a) / n_test): networks taken as independent."""
    share, count = row["value"], row.get("n_test")
    return math.sqrt(max(share * (1 - share), 0.0) / count) if count else 0.0


def own_error(row: Row) -> float:
    """The standard error that the row holds; 0 where it has none."""
    return float(row.get("standard_error") or 0.0)


def known_error(row: Row) -> float:
    """The standard error that the row holds; NaN where it has none: noise not known is not none."""
    error = row.get("standard_error")
    return math.nan if error is None else float(error)


def pooled(found: Sequence[Layout], common: bool) -> dict[Key, tuple[float, int]]:
    """Of each reading the variance between repeats and its degrees of freedom.

    common: what a repeat does to all settings does not cancel; many show it no better than one.
    """
    return {
        reading: (
            sum(one.squares for one in group) / max(sum(freedoms), 1),
            max(freedoms) if common else sum(freedoms),
        )
        for reading, group in grouped(found, lambda one: one.reading).items()
        for freedoms in [[one.freedom for one in group]]
    }


def draw(layout: Layout, variance: float, freedom: int, place: int) -> np.ndarray:
    """Simulated noise of the cell means, (DRAWS, cells), its variance as uncertain as estimated.

    One row of zeros where numbers are exact. place: settings of the same networks get the same
    place, hence the same noise.
    """
    if variance == 0:
        return errors(layout, place)
    spread = variance / layout.repeats * _uncertainty(freedom)
    return _normal(place, len(layout.cells)) * np.sqrt(spread + layout.fixed)


def errors(layout: Layout, place: int) -> np.ndarray:
    """Of the simulated noise the part that repeats share, (DRAWS, cells); one row where none is."""
    if not layout.fixed.any():
        return np.zeros((1, len(layout.cells)))
    return _normal(place, len(layout.cells)) * np.sqrt(layout.fixed)


@lru_cache(maxsize=256)
def _normal(place: int, count: int) -> np.ndarray:
    draws = np.random.default_rng([20251128, place]).standard_normal((DRAWS, count))
    return np.asfortranarray(draws)  # statistics go over the cells: three times as fast


@lru_cache(maxsize=64)
def _uncertainty(freedom: int) -> np.ndarray:
    """What a variance estimated with these degrees of freedom may really be, over the estimate."""
    chi = np.random.default_rng([freedom]).chisquare(freedom, (DRAWS, 1))
    return freedom / chi
