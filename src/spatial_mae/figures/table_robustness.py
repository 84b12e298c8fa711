"""Accuracy of a linear probe on shifted images, beside Kong et al.'s Tables 1 and 4

Left: what Kong et al. (2023) print, at 800 epochs of ImageNet-1k, width 768, 224 pixels:
Table 1 with patches of 8 pixels, Table 4 with the patch as the mask unit. Right: this study's, at
the scale named below. The two blocks are not matched but for the order by mask ratio and mask unit:
data set, size of the images and length of training differ, so that no number on one side estimates
one on the other. Rows: mask ratio m, side of the mask unit and of the patch in pixels. Columns: the
data set's own test images (IN1K on the left), the paper's shifted sets, then those the paper does
not have; a set with corruptions and severities is their mean. Numbers are accuracies in per cent,
means over seeds with half their range; - was not run. Colours are one scale in both blocks.
"""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.runs import FRAME, SETTING, completed, over_seeds, remarks
from spatial_mae.figures.drawing.style import panels, styled, title
from spatial_mae.figures.drawing.table import Row, average, distinct, groups, pick, require
from spatial_mae.printed import SETS, accuracies

KIND = "robustness"
COLUMNS = ("dataset", "model", "training", *SETTING, "seed", "status", "shifted", "metric", "value")
BLOCKS = {"printed": "Kong et al., ImageNet-1k", "ours": "this study"}
PLACE = ("table", "line", "mask", "unit_pixels", "patch", "enc", "dec")


def select(rows: list[Row]) -> list[Row]:
    """Accuracies in per cent: this study's (`block` ours), then the printed ones."""
    require(rows, KIND, COLUMNS)
    rows = pick(completed(rows, "pretrain_epochs"), metric="accuracy")
    rows = [r | {"value": 100 * r["value"], "unit_pixels": r["patch"] * r["unit"]} for r in rows]
    keys = (*SETTING, "unit_pixels", "shifted")
    ours = over_seeds(average(rows, (*FRAME, *keys, "seed"), ["value"]), keys)
    ours = sorted(ours, key=lambda row: tuple(row[name] for name in PLACE[2:]))
    printed = [
        # Table 1 has two lines of one setting, with different numbers.
        {"table": row.table, "line": line, "shifted": SETS[name], "value": value}
        | {"mask": row.mask, "unit_pixels": row.unit, "patch": row.patch}
        for line, row in enumerate(accuracies().values())
        for name, value in row.numbers.items()
    ]
    found = [row | {"block": "ours"} for row in ours]
    found += [row | {"block": "printed"} for row in printed]
    empty = dict.fromkeys(column for row in found for column in row)
    return [empty | row for row in found]


@styled
def draw(rows: list[Row]) -> Figure:
    blocks = {name: pick(rows, block=name) for name in BLOCKS}
    ours = blocks["ours"]
    lines = max(len(groups(block, *PLACE)) for block in blocks.values())
    note = notes(ours, *remarks(ours))
    figure, axes = panels(1, len(blocks), note, height=0.7 + 0.2 * lines)
    highest = max(row["value"] for row in rows)
    for index, (axis, name) in enumerate(zip(axes.flat, blocks, strict=True)):
        _draw_block(axis, blocks[name], highest)
        title(axis, index, BLOCKS[name])
    return figure


def _draw_block(axis: Axes, rows: Sequence[Row], highest: float) -> None:
    names = {ours: theirs for theirs, ours in SETS.items()}
    sets = list(dict.fromkeys([*names, *distinct(rows, "shifted")]))
    lines = groups(rows, *PLACE)
    values = [[_cell(line, name) for name in sets] for line in lines.values()]
    numbers = [[cell["value"] if cell else math.nan for cell in line] for line in values]
    axis.imshow(numbers, cmap="Blues", vmin=0, vmax=1.6 * highest, aspect="auto")
    for down, line in enumerate(values):
        for across, cell in enumerate(line):
            axis.text(across, down, _text(cell), ha="center", va="center", size=4.5)
    labels = [names.get(name, readable(name)) for name in sets]
    own = "own" if rows[0]["block"] == "ours" else labels[0]
    axis.set_xticks(range(len(sets)), [own, *labels[1:]], rotation=45, ha="left", size=5)
    axis.xaxis.tick_top()
    axis.set_yticks(range(len(lines)), [_label(key) for key in lines], size=5)
    axis.tick_params(length=0)


def _cell(line: Sequence[Row], name: str) -> Row | None:
    return next(iter(pick(line, shifted=name)), None)


def _text(cell: Row | None) -> str:
    if cell is None:
        return "-"
    if cell["block"] == "printed":
        return f"{cell['value']:.2f}"
    spread = f"\n± {(cell['high'] - cell['low']) / 2:.1f}" if cell["seeds"] > 1 else ""
    return f"{cell['value']:.1f}{spread}"


def _label(place: tuple) -> str:
    table, _, mask, unit, patch, enc, dec = place
    ending = f"enc {enc}, dec {dec}" if table is None else f"Table {table}"
    return f"m {mask:g}, unit {unit}, patch {patch}; {ending}"
