"""Ising models over mask ratio and coupling

Takes the place of App. E of Bisulco et al. (2025), whose text does not say what its figures vary.
First panels: boundary energy, the encoder's mean leverage at coordinates next to another patch
divided by its mean over all coordinates, against the mask ratio m (m = 0 is the autoencoder), one
colour a coupling J; above 1 the encoder prefers patch boundaries. Lines use exact correlations,
markers the correlations of samples. Then, for the chain, the distance of W = AB from the identity,
relative to the identity's norm; the grey line is the smallest distance that a matrix of rank k can
have.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import EVEN, notes
from spatial_mae.figures.drawing.style import (
    GREY,
    MARKERS,
    legend,
    line,
    ordered,
    styled,
    title,
    wrapped,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import require
from spatial_mae.tables.rows import Row, distinct, groups, levels, pick, project

KIND = "ising_summary"
IN_PAPER = "Bisulco App. E"
RUN = ("lattice", "patch", "moment", "coupling", "size", "n_latents", "n_samples")
COLUMNS = ("lattice", "patch", "moment", "coupling", "mask_ratio", "boundary_energy")
FLOOR = "of identity errors: the smallest of rank k"
PANELS = {"boundary": "boundary_energy", "identity": "identity_error"}


def select(rows: list[Row]) -> list[Row]:
    """Rows of `panel` boundary and of `panel` identity (chain alone)."""
    require(rows, KIND, (*COLUMNS, "identity_error", "identity_floor"))
    keys = (*RUN, "mask_ratio")
    boundary = project(rows, (*keys, "boundary_energy"))
    identity = project(pick(rows, lattice="chain"), (*keys, "identity_error", "identity_floor"))
    parts = {"boundary": boundary, "identity": identity}
    return [{"panel": name} | row for name, part in parts.items() for row in part]


@styled
def draw(rows: list[Row]) -> Figure:
    plots = [
        (name, *key, part)
        for name in PANELS
        for key, part in groups(pick(rows, panel=name), "lattice", "patch").items()
    ]
    figure, axes = wrapped(len(plots), 4, notes(pick(rows, panel="boundary"), EVEN, FLOOR))
    colours = ordered(levels(rows, "coupling"))
    for axis, (name, lattice, patch, part) in zip(axes, plots, strict=True):
        _draw_panel(axis, part, PANELS[name], colours)
        title(axis, f"{lattice}, patch {patch}")
        axis.set_ylabel(axis_label(PANELS[name]))
    moments = distinct(rows, "moment")
    looks = {f"J = {j:g}": {"color": colour} for j, colour in colours.items()}
    looks |= {f"{moment} correlations": {"color": GREY} | _look(moment) for moment in moments}
    legend(figure, looks)
    return figure


def _look(moment: str) -> dict:
    return {"linestyle": "-"} if moment == "exact" else {"linestyle": "none", "marker": MARKERS[0]}


def _draw_panel(axis, rows: list[Row], column: str, colours: dict) -> None:
    for (coupling, moment), curve in groups(rows, "coupling", "moment").items():
        line(axis, curve, "mask_ratio", column, color=colours[coupling], **_look(moment))
    level = 1.0 if column == "boundary_energy" else rows[0]["identity_floor"]
    axis.axhline(level, color="0.7", linewidth=0.6, zorder=0)
    axis.set(xlabel=axis_label("mask_ratio"))
