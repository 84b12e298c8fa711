"""The paper's tables next to ours: which run belongs to which printed row, and the drawing."""

import itertools
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, number, readable, remarks
from spatial_mae.figures.drawing.style import panels, title
from spatial_mae.papers.printed import COUPLED, IMAGE_SIZE, RATIOS, UNITS
from spatial_mae.tables.rows import Row, distinct, groups, levels, pick

# The mask ratio at which the paper varies the mask unit.
FIXED = 0.75
BLOCKS = (RATIOS, UNITS, COUPLED)
BLOCK_NAMES = {RATIOS: "mask ratios", UNITS: "mask units", COUPLED: "patch = mask unit"}


def beside_printed(ours: Sequence[Row], printed: Sequence[Row]) -> list[Row]:
    """Rows of both, one per block, setting and column; `value` or `printed` is empty if absent.

    ours: of `over_seeds`, with patch, unit, mask, height, column. Blocks: `ratios`, of the mask
    unit with the most mask ratios, one of several patches first; `units`, of that patch at mask
    ratio 0.75; `coupled`, single patches at 0.75. Rows are matched by mask ratio and, where the
    unit varies, by unit of images of equal size, else in order of size if there are as many.
    `place` numbers the lines, top down; `table` is the paper's.
    """
    blocks = _blocks(ours)
    found, place = [], 0
    for block in BLOCKS:
        theirs = [row for row in printed if row["block"] == block]
        mine = blocks.get(block, []) if theirs else []
        for their_key, my_key in _pairs(block, theirs, mine):
            line = {"block": block, "table": theirs[0]["table"], "place": place}
            found += _line(line, _at(theirs, block, their_key), _at(mine, block, my_key))
            place += 1
    return found


def _blocks(rows: Sequence[Row]) -> dict[str, list[Row]]:
    if not rows:
        return {}
    by_unit = groups(rows, "patch", "unit", "enc", "dec")
    patch, unit, *depths = max(
        by_unit, key=lambda key: (len(levels(by_unit[key], "mask")), key[1] > 1)
    )
    same = pick(rows, enc=depths[0], dec=depths[1])
    return {
        RATIOS: pick(same, patch=patch, unit=unit),
        UNITS: pick(same, patch=patch, mask=FIXED),
        COUPLED: pick(same, unit=1, mask=FIXED),
    }


def _key(row: Row, block: str) -> float:
    if block == RATIOS:
        return row["mask"]
    return row["unit_pixels"]


def _at(rows: Sequence[Row], block: str, key: float | None) -> list[Row]:
    return [row for row in rows if key is not None and _key(row, block) == key]


def _pairs(block: str, theirs: Sequence[Row], mine: Sequence[Row]) -> list[tuple]:
    """Keys of one line: the paper's, ours, None for none."""
    left = sorted({_key(row, block) for row in theirs})
    right = sorted({_key(row, block) for row in mine})
    same_images = any(row["height"] == IMAGE_SIZE for row in mine)
    if block != RATIOS and not same_images:
        if len(left) == len(right):
            return list(zip(left, right, strict=True))
        return [(key, None) for key in left] + [(None, key) for key in right]
    both = sorted({*left, *right})
    return [(k if k in left else None, k if k in right else None) for k in both]


def _line(line: Row, theirs: Sequence[Row], mine: Sequence[Row]) -> list[Row]:
    """One row per column; settings of both, so that each side can be labelled."""
    setting = {
        "printed_mask": theirs[0]["mask"] if theirs else None,
        "printed_unit": theirs[0]["unit_pixels"] if theirs else None,
    }
    blank = dict.fromkeys(("patch", "unit", "mask", "unit_pixels", "height"))
    own = {key: mine[0][key] for key in blank} if mine else blank
    columns = list(dict.fromkeys(row["column"] for row in (*theirs, *mine)))
    found = []
    for column in columns:
        number_ = next((row["printed"] for row in theirs if row["column"] == column), None)
        measured = next((row for row in mine if row["column"] == column), None)
        named = {"column": column, "printed": number_}
        span = dict.fromkeys(("value", "low", "high", "seeds"))
        found.append(line | setting | {**span, **(measured or {}), **own} | named)
    return found


def draw_beside(
    rows: Sequence[Row],
    paper: str,
    measure: str,
    names: Mapping[str, str],
    own_names: Mapping[str, str] = MappingProxyType({}),
    digits: int = 1,
) -> Figure:
    """Two tables with shaded cells: what the paper prints, and what was measured here.

    measure: what the numbers are, with their unit. names: of the columns; own_names: those that are
    called otherwise in this study. Several blocks of lines have a name each.
    """
    measured = [row for row in rows if row["value"] is not None]
    lines = len(distinct(rows, "place")) + len(_headings(rows))
    half = ["±: half the range of the seeds"] if any(r["seeds"] > 1 for r in measured) else []
    note = notes(measured, *remarks(measured), *half) if measured else ["no run of this study"]
    figure, axes = panels(1, 2, note, height=0.45 + 0.19 * lines, width_ratios=_widths(rows))
    sides = {"printed": (paper, names), "value": ("this study", {**names, **own_names})}
    for axis, (side, (label, called)) in zip(axes[0], sides.items(), strict=True):
        _draw_table(axis, rows, side, called, digits)
        title(axis, f"{label}: {measure}")
    return figure


def _widths(rows: Sequence[Row]) -> list[int]:
    return [max(len(_columns(rows, side)), 1) + 1 for side in ("printed", "value")]


def _columns(rows: Sequence[Row], side: str) -> list[str]:
    return [
        c
        for c in distinct(rows, "column")
        if any(r[side] is not None for r in pick(rows, column=c))
    ]


def _draw_table(
    axis: Axes, rows: Sequence[Row], side: str, names: Mapping[str, str], digits: int
) -> None:
    heights, columns = _heights(rows), _columns(rows, side)
    n_lines = len(heights) + len(_headings(rows))
    values = np.full((n_lines, max(len(columns), 1)), np.nan)
    for row in rows:
        if row[side] is not None:
            values[heights[row["place"]], columns.index(row["column"])] = row[side]
    axis.imshow(values, cmap="Blues", aspect="auto", alpha=0.35)
    for place, column in itertools.product(heights, columns):
        cell = next(iter(pick(rows, place=place, column=column)), None)
        where = columns.index(column), heights[place]
        axis.text(*where, _cell(cell, side, digits), ha="center", va="center", size=6)
    axis.set_xticks(range(len(columns)), [names.get(c, readable(c)) for c in columns])
    labels = [_label(pick(rows, place=place)[0], side) for place in heights]
    axis.set_yticks(list(heights.values()), labels)
    axis.tick_params(length=0)
    _name_blocks(axis, rows, side)


def _headings(rows: Sequence[Row]) -> list[int]:
    """The first place of each block; none where there is one block."""
    blocks = groups(rows, "block").values()
    return [levels(block, "place")[0] for block in blocks] if len(blocks) > 1 else []


def _heights(rows: Sequence[Row]) -> dict[int, int]:
    """Place -> its line from the top, lines of the blocks' names counted."""
    firsts = _headings(rows)
    return {p: p + sum(first <= p for first in firsts) for p in levels(rows, "place")}


def _name_blocks(axis: Axes, rows: Sequence[Row], side: str) -> None:
    """A line above each block that names it, after a rule."""
    heights = _heights(rows)
    for place in _headings(rows):
        row, line = pick(rows, place=place)[0], heights[place] - 1
        table = f"Table {row['table']}: " if side == "printed" else ""
        where = {"transform": axis.get_yaxis_transform(), "va": "center", "size": 6}
        axis.text(0.015, line, f"{table}{BLOCK_NAMES[row['block']]}", weight="bold", **where)
        if line:
            axis.axhline(line - 0.5, color="black", linewidth=0.6)


def _cell(row: Row | None, side: str, digits: int) -> str:
    if row is None or row[side] is None:
        return "–"
    if side == "printed":
        return f"{row[side]:.{digits + 1}f}"
    half = (row["high"] - row["low"]) / 2
    return f"{row[side]:.{digits}f}" + (f" ± {half:.{digits}f}" if row["seeds"] > 1 else "")


def _label(row: Row, side: str) -> str:
    mask, unit = ("printed_mask", "printed_unit") if side == "printed" else ("mask", "unit_pixels")
    if row[mask] is None:
        return "–"
    size = "" if row[unit] is None else f", unit {number(row[unit])}"
    return f"m = {number(row[mask])}{size}"
