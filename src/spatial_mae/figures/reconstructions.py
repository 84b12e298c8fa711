"""Held-out images, what is left of them, and their reconstructions

Columns are held-out images. For each run, named by its settings: what the encoder sees, hidden
patches grey; what the decoder predicts, every pixel, clipped to the range that can be shown; and
the visible pixels with predictions in the hidden places only. One mask per image; the top row is
the images themselves. The networks and their training are named below; those of Bisulco et al.
(2025) have width 192 and 2000 epochs. At most three runs are drawn, the lowest, middle and highest
in the order of patch size, mask unit, mask ratio and depths, and at most eight images. The first
data set, network and recipe of the table are drawn, and its first seed.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, remarks, run_name, varied
from spatial_mae.figures.drawing.pictures import CLEAR, show_picture
from spatial_mae.figures.drawing.style import FULL, panels, styled
from spatial_mae.tables.needs import require
from spatial_mae.tables.repeats import FRAME, of_one_seed
from spatial_mae.tables.rows import Row, by, first, groups, levels, pick, spread
from spatial_mae.tables.runs import PRETRAINING, SETTING, first_completed

KIND = "gallery"
IN_PAPER = ""
PLACE = ("image", "row", "column", "hidden")
RUN_COLUMNS = PRETRAINING
PAIR = ("original_", "predicted_")
MOST_RUNS, MOST_IMAGES = 3, 8
TALL = 8.5  # inches of all images at most


def select(rows: list[Row]) -> list[Row]:
    """The pixels of every picture drawn, 0 to 1, of at most three runs and eight images."""
    channels = {key.rpartition("_")[2] for key in (rows or [{}])[0] if key.startswith(PAIR)}
    values = [f"{name}{channel}" for name in PAIR for channel in sorted(channels) or ["0"]]
    require(rows, KIND, (*RUN_COLUMNS, *PLACE, *values))
    rows = first(first_completed(rows, "pretrain_epochs"), "seed")
    shown = pick(rows, image=levels(rows, "image")[:MOST_IMAGES])
    runs = groups(shown, *SETTING)
    kept = [row for key in spread(sorted(runs), MOST_RUNS) for row in runs[key]]
    frame = (*FRAME, *SETTING, *PLACE)
    return [of_one_seed(row, frame) | _pictures(row, channels) for row in kept]


def _pictures(row: Row, channels: set[str]) -> Row:
    """The value of each channel in each picture."""
    found = {}
    for channel in sorted(channels):
        original, predicted = (row[f"{name}{channel}"] for name in PAIR)
        found[f"original_{channel}"] = original
        found[f"seen_{channel}"] = CLEAR if row["hidden"] else original
        found[f"predicted_{channel}"] = predicted
        found[f"combined_{channel}"] = predicted if row["hidden"] else original
    return found


@styled
def draw(rows: list[Row]) -> Figure:
    strips = _strips(rows)
    images = levels(rows, "image")
    height, width = (1 + max(row[name] for row in rows) for name in ("row", "column"))
    cell = min((FULL - 1) / max(len(images), 6), TALL / len(strips) * width / height)
    places = max(len(images), int((FULL - 1) / cell))
    note = notes(rows, *remarks(rows))
    figure, axes = panels(len(strips), places, note, height=cell * height / width)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    for axis in axes.flat:
        axis.set_axis_off()
    for down, (label, picture, shown) in enumerate(strips):
        pixels = by(shown, "image")
        for across, image in enumerate(images):
            show_picture(axes[down, across], pixels[image], picture)
        side = {"transform": axes[down, 0].transAxes, "ha": "right", "va": "center"}
        axes[down, 0].text(-0.06, 0.5, label, **side)
    return figure


def _strips(rows: list[Row]) -> list[tuple[str, str, list[Row]]]:
    """Label, picture and pixels of each row of images; originals once where runs share them."""
    keys = varied(rows)
    strips, before = [], None
    for _, run in sorted(groups(rows, *SETTING).items()):
        original = [value for row in run for name, value in row.items() if "original" in name]
        if original != before:
            strips.append(("image", "original", run))
        before = original
        name = "\n".join(run_name(run[0], keys))
        strips.append((f"{name}\n\nseen".strip(), "seen", run))
        strips += [("predicted", "predicted", run), ("combined", "combined", run)]
    return strips
