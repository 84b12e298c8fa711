"""Spread, entropy and adaptivity of kernels over the epochs of training

Measures what Fig. 8 of Bisulco et al. (2025) shows, at the scale named below: theirs is 2000 epochs
at width 192. A kernel is the Jacobian of a hidden output pixel by the visible pixels of an image;
there is one colour per output pixel (row, column), and one mask for all images. Spread: mean
distance of the inputs from the output, weighted by the kernel. Entropy: Eq. 11. Adaptivity: 1 -
mean cosine similarity between the kernels that an output pixel has in two images; 0 where they are
equal up to their size, 1 where they are orthogonal on average. Epoch 0 is the untrained network.
Points are means over images and seeds, bands two standard errors over images (mean over seeds);
adaptivity, one number for all images, has no band. Dashed: the linear MAE, whose kernels do not
depend on the image. All epochs belong to one schedule of the learning rate. The first setting and
conventions of the table are drawn.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import epochs_from_zero, measure_panels, setting_axis
from spatial_mae.figures.drawing.jacobians import CONVENTIONS, band, entropy_label
from spatial_mae.figures.drawing.notes import notes, remarks
from spatial_mae.figures.drawing.pictures import output_colours, output_names
from spatial_mae.figures.drawing.style import GREY, MARKERS, legend, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, runs, several
from spatial_mae.tables.repeats import average, over_seeds
from spatial_mae.tables.rows import Row, first, pick
from spatial_mae.tables.runs import SETTING

KIND = "basis"
IN_PAPER = "Bisulco Fig. 8"
PLACE = ("output_row", "output_column")
MEASURES = ("spread", "entropy", "adaptivity")
COLUMNS = ("source", "epoch", "output", *PLACE, "measure", "value", "standard_error")
CONVENTION = tuple(name for name in CONVENTIONS if name != "outputs")
KEYS = (*SETTING, "source", "epoch", "output", *PLACE, "measure", *CONVENTION)
DASH = 3  # line widths of ink, and of gap, of the linear MAE's lines


def select(rows: list[Row]) -> list[Row]:
    """Measures of every epoch and of the linear MAE; `low` and `high` are two errors away."""
    rows = first(runs(rows, KIND, ("dataset", *COLUMNS, *CONVENTION)), *SETTING)
    rows = first(keep(rows, measure=list(MEASURES)), *CONVENTION, within=("measure",))
    several(keep(rows, source="network"), "epoch")
    return _with_errors(keep(rows, source=["network", "linear"]))


def _with_errors(rows: list[Row]) -> list[Row]:
    averaged = average(rows, KEYS, ["standard_error"])
    errors = {tuple(row.get(key) for key in KEYS): row["standard_error"] or 0 for row in averaged}
    found = []
    for row in over_seeds(rows, KEYS):
        error = 2 * errors[tuple(row[key] for key in KEYS)]
        found.append(row | {"low": row["value"] - error, "high": row["value"] + error})
    return found


@styled
def draw(rows: list[Row]) -> Figure:
    note = notes(rows, *remarks(rows), "bands: two standard errors over images")
    figure, cells = measure_panels(rows, MEASURES, note=note, height=1.9)
    colours = output_colours(rows)
    for measure, axis, shown in cells:
        _draw_measure(axis, shown, colours)
        axis.set_ylabel(entropy_label(shown) if measure == "entropy" else axis_label(measure))
        title(axis)
    names = output_names(rows)
    looks = {names[n]: _look(k, colour) for k, (n, colour) in enumerate(colours.items())}
    linear = {"linear MAE": {"color": GREY, "linestyle": (0, (DASH, DASH))}}
    legend(figure, looks | (linear if pick(rows, source="linear") else {}))
    return figure


def _draw_measure(axis: Axes, rows: Sequence[Row], colours: dict[int, str]) -> None:
    network, linear = pick(rows, source="network"), pick(rows, source="linear")
    epochs_from_zero(axis, network)
    for index, (output, colour) in enumerate(colours.items()):
        band(axis, pick(network, output=output), "epoch", **_look(index, colour))
        # Gaps of one line are on the ink of the next: lines at one height are both visible.
        dashes = {"linestyle": (DASH * index, (DASH, DASH)), "linewidth": 0.8}
        for row in pick(linear, output=output):
            axis.axhline(row["value"], color=colour, zorder=1, **dashes)
    setting_axis(axis, network, "epoch")


def _look(index: int, colour: str) -> dict:
    return {"color": colour, "marker": MARKERS[index % len(MARKERS)]}
