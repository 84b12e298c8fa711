"""Effect of the unstated choices on the influence

Bisulco et al. (2025) do not state the number of latents k, the ridge, whether pixels are centred,
or the colours behind Figs. 5 and 6. Each column of panels varies one such choice and holds the
others at one setting, named below: the setting of the table from which most others differ in one
choice only. Mean distance of input from output pixel (top) and share of the weight inside the
output pixel's own patch (bottom), for |W|, against the mask ratio m of the masked autoencoder. The
last column uses W squared as weights instead. The first data set and patch size of the table are
drawn. A choice with a single value has no panel. Later curves have smaller markers, so that
curves which coincide can be seen.
"""

from collections.abc import Iterable

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, number
from spatial_mae.figures.drawing.style import (
    DASHES,
    MARKERS,
    categories,
    line,
    ordered,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label, label
from spatial_mae.tables.needs import keep_masked, require, several
from spatial_mae.tables.rows import Row, distinct, first, groups, most_images, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "influence"
IN_PAPER = "Bisulco Figs. 5, 6"
CHOICES = ("n_latents", "ridge", "centring", "colour", "flip", "sampling")
WEIGHTS = "weights"  # |W| or its square, a choice that is no column
METRICS = ("mean_distance", "intra_patch_share")
MODEL = ("model", "mask_ratio", "n_latents", "sampling")
SQUARES = {metric: f"{metric}_square" for metric in METRICS}
MOST_VALUES = 6
LARGEST, SMALLEST = 4.5, 1.5  # points: markers of the first curve and of later ones


def select(rows: list[Row]) -> list[Row]:
    """The curves over m of each `value` of each `choice`, two columns put in front."""
    require(rows, KIND, ("dataset", "patch", *CHOICES, *MODEL, *METRICS, *SQUARES.values()))
    rows = keep_masked(first(most_images(first(rows, "dataset")), "patch"))
    several(rows, "mask_ratio")
    settings = groups(rows, *CHOICES)
    base = max(settings, key=lambda setting: len(_neighbours(setting, settings)))
    kept = []
    for index, choice in enumerate(CHOICES):
        others = [s for s in _neighbours(base, settings) if s[index] != base[index]]
        values = sorted([base, *others], key=lambda setting: setting[index])[:MOST_VALUES]
        for setting in values if others else []:
            kept += [{"choice": choice, "value": setting[index]} | r for r in settings[setting]]
    for row in settings[base]:
        squares = {metric: row[column] for metric, column in SQUARES.items()}
        kept += [{"choice": WEIGHTS, "value": "|W|"} | row]
        kept += [{"choice": WEIGHTS, "value": "W²"} | row | squares]
    return project(kept, ("choice", "value", *SOLUTION, *MODEL, *METRICS))


def _neighbours(setting: tuple, settings: Iterable[tuple]) -> list[tuple]:
    """The settings that differ from this one in a single choice."""
    return [s for s in settings if sum(a != b for a, b in zip(s, setting, strict=True)) == 1]


@styled
def draw(rows: list[Row]) -> Figure:
    choices = distinct(rows, "choice")
    note = notes(pick(rows, choice=WEIGHTS), "each panel varies one choice")
    figure, axes = panels(len(METRICS), len(choices), note, sharey="row", height=1.7)
    for column, choice in enumerate(choices):
        shown = pick(rows, choice=choice)
        for axis, metric in zip(axes[:, column], METRICS, strict=True):
            _draw_curves(axis, shown, metric)
            title(axis, choice if choice == WEIGHTS else label(choice))
        axes[-1, column].set_xlabel(axis_label("mask_ratio"))
        axes[-1, column].legend(loc="upper center", bbox_to_anchor=(0.5, -0.28))
    for row, metric in enumerate(METRICS):
        axes[row, 0].set_ylabel(axis_label(metric))
    return figure


def _draw_curves(axis, rows: list[Row], metric: str) -> None:
    values = distinct(rows, "value")
    palette = categories if isinstance(values[0], str) else ordered
    for index, (value, colour) in enumerate(palette(values).items()):
        look = {"color": colour, "linestyle": DASHES[index % len(DASHES)], "marker": MARKERS[index]}
        look |= {"label": number(value), "markersize": max(LARGEST - 1.5 * index, SMALLEST)}
        line(axis, pick(rows, value=value), "mask_ratio", metric, **look)
