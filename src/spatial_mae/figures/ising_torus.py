"""Ising model in two dimensions

Goes with App. E of Bisulco et al. (2025): spins on a periodic square lattice, drawn by Monte Carlo.
Left: energy per site against the coupling J, with Onsager's exact value for the infinite lattice.
Right: boundary energy, the encoder's mean leverage at coordinates next to another patch divided by
its mean over all coordinates, against the mask ratio m (m = 0 is the autoencoder), one colour a
coupling and one panel per patch size; above 1 the encoder prefers patch boundaries. A finite
periodic lattice can have less energy than the infinite one where J is near its critical value,
0.44. Boundary energies are of the correlations of so many samples as named below and have their
noise, whose size the table does not hold: curves that cross need not differ.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import EVEN, notes
from spatial_mae.figures.drawing.style import (
    CATEGORIES,
    GREY,
    legend,
    line,
    ordered,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.repeats import average
from spatial_mae.tables.rows import Row, levels, pick, project

KIND = "ising_summary"
IN_PAPER = "Bisulco App. E"
RUN = ("lattice", "patch", "moment", "coupling", "size", "n_latents", "n_samples")
ENERGIES = ("energy_per_site", "energy_onsager")


def select(rows: list[Row]) -> list[Row]:
    """Rows of `panel` energy (one a coupling) and of `panel` boundary."""
    require(rows, KIND, (*RUN, "mask_ratio", "boundary_energy", *ENERGIES))
    rows = keep(rows, lattice="torus")
    energy = average(rows, ("lattice", "coupling", "size", "n_samples"), ENERGIES)
    boundary = project(rows, (*RUN, "mask_ratio", "boundary_energy"))
    parts = {"energy": energy, "boundary": boundary}
    return [{"panel": name} | row for name, part in parts.items() for row in part]


@styled
def draw(rows: list[Row]) -> Figure:
    boundary = pick(rows, panel="boundary")
    patches = levels(boundary, "patch")
    figure, axes = panels(1, 1 + len(patches), notes(boundary, EVEN), height=1.9)
    _draw_energy(axes[0, 0], pick(rows, panel="energy"))
    colours = ordered(levels(rows, "coupling"))
    for axis, patch in zip(axes[0, 1:], patches, strict=True):
        for coupling, colour in colours.items():
            curve = pick(boundary, patch=patch, coupling=coupling)
            line(axis, curve, "mask_ratio", "boundary_energy", color=colour, marker="o")
        axis.axhline(1, color="0.7", linewidth=0.6, zorder=0)
        axis.set(xlabel=axis_label("mask_ratio"), ylabel=axis_label("boundary_energy"))
        title(axis, f"patch {patch}")
    looks = {f"J = {j:g}": {"color": colour, "marker": "o"} for j, colour in colours.items()}
    legend(figure, looks)
    return figure


def _draw_energy(axis, rows: list[Row]) -> None:
    line(axis, rows, "coupling", "energy_onsager", color=GREY, label="Onsager")
    look = {"color": CATEGORIES[1], "linestyle": "none", "marker": "o"}
    line(axis, rows, "coupling", "energy_per_site", label="sampled", **look)
    axis.set(xlabel=axis_label("coupling"), ylabel=axis_label("energy_per_site"))
    title(axis, "energy")
    axis.legend()
