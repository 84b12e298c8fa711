"""Power spectrum of masks: closed form against average

Checks Eqs. 15-21 (App. F) of Bisulco et al. (2025). Lines: expected power of a random patch mask
at each frequency in closed form, a Dirichlet kernel (one patch) times the power of the pattern of
visible patches (the sampling law). Points: mean over drawn masks, with bars of two standard
errors. Each panel is a patch size; rows are 1-D masks and, for 2-D masks, the cut along vertical
frequency 0. Colours: each patch hidden with probability m (Bernoulli) or a fixed share of the
patches (exact). Lines are broken at the kernel's zeros; frequency 0 is left out.
"""

import math

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import TWO_ERRORS, notes
from spatial_mae.figures.drawing.style import (
    CATEGORIES,
    DASHES,
    legend,
    log_y,
    panels,
    styled,
    title,
)
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.rows import Row, groups, levels, pick, project

KIND = "spectrum"
IN_PAPER = "Bisulco App. F"
COLUMNS = ("dimensions", "patch", "sampling", "frequency_x", "expected", "averaged")
SMALLEST = 1e-9
BROKEN = "lines are broken where the power is 0, at multiples of 1/p cycles/pixel"


def select(rows: list[Row]) -> list[Row]:
    """Positive frequencies along x; of 2-D spectra those at vertical frequency 0."""
    require(rows, KIND, (*COLUMNS, "frequency_y", "standard_error", "n_masks"))
    cut = keep(rows, frequency_y=(0, None))
    positive = [row for row in cut if row["frequency_x"] > 0]
    return project(positive, (*COLUMNS, "standard_error", "mask_ratio", "n_masks"))


@styled
def draw(rows: list[Row]) -> Figure:
    dimensions, patches = levels(rows, "dimensions"), levels(rows, "patch")
    note = notes(rows, TWO_ERRORS, BROKEN)
    figure, axes = panels(len(dimensions), len(patches), note, sharex=True, height=1.6)
    laws = levels(rows, "sampling")
    for line_of_axes, dimension in zip(axes, dimensions, strict=True):
        for axis, patch in zip(line_of_axes, patches, strict=True):
            _draw_spectrum(axis, pick(rows, dimensions=dimension, patch=patch), laws)
            title(axis, f"{dimension}-D, patch {patch}")
        line_of_axes[0].set_ylabel("power of the mask")
    for axis in axes[-1]:
        axis.set_xlabel("frequency (cycles/pixel)")
    looks = {f"{law}, closed form": _line(laws, law) for law in laws}
    legend(figure, looks | {f"{law}, average": _marks(laws, law) for law in laws})
    return figure


def _line(laws: list[str], law: str) -> dict:
    index = laws.index(law)
    return {"color": CATEGORIES[index], "linestyle": DASHES[index]}


def _marks(laws: list[str], law: str) -> dict:
    """Open circles and crosses: where two laws coincide, both are seen."""
    look = {"color": CATEGORIES[laws.index(law)], "linestyle": "none", "markersize": 3.5}
    return look | {"marker": "ox+"[laws.index(law)], "markerfacecolor": "none"}


def _draw_spectrum(axis, rows: list[Row], laws: list[str]) -> None:
    for (law,), group in groups(rows, "sampling").items():
        group = sorted(group, key=lambda row: row["frequency_x"])
        frequency = [row["frequency_x"] for row in group]
        # The line is broken where the power is zero, instead of bridging the kernel's zeros.
        expected, averaged = (
            [row[column] if row[column] > SMALLEST else math.nan for row in group]
            for column in ("expected", "averaged")
        )
        axis.plot(frequency, expected, **_line(laws, law))
        bars = [2 * (row["standard_error"] or 0) for row in group]
        axis.errorbar(frequency, averaged, yerr=bars, elinewidth=0.6, **_marks(laws, law))
    log_y(axis)
