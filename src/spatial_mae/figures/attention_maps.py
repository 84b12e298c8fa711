"""What [CLS] and a chosen token attend to in the last block

Answers Figs. 6 and 7 of Kong et al. (2023), at the scale named below: theirs is 800 epochs of
ImageNet-1k at width 768. Columns are held-out images, seen whole; squares mark the chosen token of
each patch size, which is at the same place in all images, and in its own maps. For each run, named
by its settings: attention of the class token, mean over heads, and of the chosen token in the first
head, as in the paper. Shown are the fewest patches that hold the share of the attention named in
the recipe (0.6 as a rule), the brighter the more of it, each map on its own scale; the rest is
grey. At most three runs are drawn, the lowest, middle and highest in the order of patch size, mask
unit, mask ratio and depths, and at most six images. The first data set, network and recipe of the
table are drawn, and its first seed.
"""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from spatial_mae.figures.drawing.notes import notes, remarks, run_name, varied
from spatial_mae.figures.drawing.pictures import show_picture
from spatial_mae.figures.drawing.style import CATEGORIES, FULL, grid_of, panels, styled
from spatial_mae.tables.needs import runs
from spatial_mae.tables.repeats import FRAME, of_one_seed
from spatial_mae.tables.rows import Row, by, first, groups, levels, pick, spread
from spatial_mae.tables.runs import PRETRAINING, SETTING

KIND = "attention_maps"
IN_PAPER = "Kong Figs. 6, 7"
PLACE = ("image", "source", "head", "row", "column")
WEIGHT = ("weight", "kept", "chosen")
COLUMNS = (*PRETRAINING, *PLACE, *WEIGHT)
# Query -> the head shown, and its name next to the row.
SHOWN = {"class_token": ("mean", "[CLS]"), "chosen": ("first", "token")}
MOST_RUNS, MOST_IMAGES = 3, 6
BLANK = "0.93"
SHADES = "brighter: more of the attention, each map on its own scale; grey: not among those shown"
SIDE = 0.85  # inches of a picture


def select(rows: list[Row]) -> list[Row]:
    """Pixels of every image, and weights of the patches kept, of at most three runs."""
    rows = first(runs(rows, KIND, COLUMNS), "seed")
    rows = pick(rows, image=levels(rows, "image")[:MOST_IMAGES])
    of_setting = groups(rows, *SETTING)
    chosen = [of_setting[key] for key in spread(sorted(of_setting), MOST_RUNS)]
    images = [_image(row) for row in chosen[0] if row["source"] == "image"]
    maps = [
        _map(row)
        for run in chosen
        for row in run
        if row["source"] in SHOWN and row["head"] == SHOWN[row["source"]][0]
    ]
    return images + maps


def _image(row: Row) -> Row:
    kept = (*FRAME, *SETTING, *PLACE, *(key for key in row if key.startswith("original_")))
    return of_one_seed(row, kept)


def _map(row: Row) -> Row:
    weight = row["weight"] if row["kept"] else None
    kept = {key: row[key] for key in (*FRAME, *SETTING, *PLACE, "chosen") if key in row}
    return kept | {"weight": weight, "seeds": 1}


@styled
def draw(rows: list[Row]) -> Figure:
    images, maps = pick(rows, source="image"), pick(rows, source=list(SHOWN))
    strips = list(_strips(maps))
    shown = levels(images, "image")
    across = max(len(shown), int((FULL - 1.2) / SIDE))
    note = notes(maps, *remarks(rows), SHADES)
    figure, axes = panels(1 + len(strips), across, note, height=SIDE)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    for axis in axes.flat:
        axis.set_axis_off()
    pictures, marked = by(images, "image"), by(maps, "image")
    cells = [by(strip, "image") for _, strip in strips]
    for column, image in enumerate(shown):
        show_picture(axes[0, column], pictures[image], "original")
        for patch in levels(marked[image], "patch"):
            _mark(axes[0, column], marked[image], patch)
        for down, cell in enumerate(cells, start=1):
            _draw_map(axes[down, column], cell[image])
    for axis, (label, _) in zip(axes[:, 0], [("image", None), *strips], strict=True):
        place = {"transform": axis.transAxes, "ha": "right", "va": "center"}
        axis.text(-0.06, 0.5, label, **place)
    return figure


def _strips(maps: list[Row]):
    """The label and the rows of each line of maps."""
    keys = varied(maps)
    for _, run in sorted(groups(maps, *SETTING).items()):
        name = "\n".join(run_name(run[0], keys))
        for query, (_, called) in SHOWN.items():
            if own := pick(run, source=query):
                yield f"{name}\n{called}".strip(), own


def _draw_map(axis: Axes, rows: list[Row]) -> None:
    """Rows without a weight are patches that are not kept."""
    shown = [row | {"weight": np.nan if row["weight"] is None else row["weight"]} for row in rows]
    colours = colormaps["viridis"].with_extremes(bad=BLANK)
    values = grid_of(shown, "row", "column", "weight")
    axis.imshow(values, cmap=colours, vmin=0)
    if rows[0]["source"] == "chosen":
        down, across = (
            levels(rows, name).index(pick(rows, chosen=1)[0][name]) for name in ("row", "column")
        )
        _square(axis, (across, down), 1)


def _mark(axis: Axes, rows: list[Row], patch: int) -> None:
    """A square round the chosen token of the runs of a patch size."""
    row = pick(rows, chosen=1, patch=patch)[0]
    _square(axis, (row["column"], row["row"]), patch)


def _square(axis: Axes, place: tuple[int, int], side: int) -> None:
    corner = (place[0] - 0.5, place[1] - 0.5)
    axis.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=CATEGORIES[1], lw=1.2))
