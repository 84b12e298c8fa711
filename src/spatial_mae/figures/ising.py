"""Encoder and influence on the Ising chain: autoencoder and masked autoencoder

Answers Fig. 4 of Bisulco et al. (2025). Top: encoder A (inputs down, latents across); bottom:
influence W = AB (row = input, column = target). The left column is the autoencoder (AE), the
others are masked autoencoders (MAE) at the lowest, a middle and the highest mask ratio m of the
table: the paper states neither m nor the coupling J. Grey lines are patch boundaries. Encoders are
drawn for an orthonormal decoder (C = I in Theorem 1); signs of their columns are arbitrary. Each
panel has its own symmetric colour scale. Where a table holds several runs of the chain, the first
coupling, patch size and kind of correlations are drawn.
"""

import numpy as np
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes
from spatial_mae.figures.drawing.style import grid_of, heat_map, panels, styled, title
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.rows import Row, few, first, levels, pick, project

KIND = "ising_weights"
IN_PAPER = "Bisulco Fig. 4"
RUN = ("lattice", "coupling", "patch", "moment")
SYMBOLS = {"encoder": "A", "influence": "W = AB"}
VALUES = ("model", "mask_ratio", "quantity", "row", "column", "value")


def select(rows: list[Row]) -> list[Row]:
    """Encoder and influence of the AE and of at most three MAEs on one chain."""
    require(rows, KIND, (*RUN, *VALUES))
    rows = first(keep(rows, lattice="chain"), "coupling", "patch", "moment")
    rows = project(rows, (*RUN, *VALUES))
    masked = keep(rows, model="mae")
    return keep(rows, model="ae") + few(masked, "mask_ratio", 3)


@styled
def draw(rows: list[Row]) -> Figure:
    ratios = levels(pick(rows, model="mae"), "mask_ratio")
    models = [("AE", pick(rows, model="ae"))]
    models += [(f"MAE, m = {m:g}", pick(rows, model="mae", mask_ratio=m)) for m in ratios]
    figure, axes = panels(2, len(models), notes(rows), height=1.75)
    patch = rows[0]["patch"]
    for (upper, lower), (name, shown) in zip(axes.T, models, strict=True):
        for axis, quantity in ((upper, "encoder"), (lower, "influence")):
            values = grid_of(pick(shown, quantity=quantity), "row", "column", "value")
            _draw_weights(figure, axis, values, patch, square=quantity == "influence")
            title(axis, f"{name}: {SYMBOLS[quantity]}")
    return figure


def _draw_weights(figure: Figure, axis, values: np.ndarray, patch: int, square: bool) -> None:
    limit = np.nanmax(np.abs(values)) or 1.0
    aspect = "equal" if square else "auto"
    heat_map(figure, axis, values, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect=aspect)
    boundaries = np.arange(patch, values.shape[0], patch) - 0.5
    for boundary in boundaries:
        axis.axhline(boundary, color="0.35", linewidth=0.5)
        if square:
            axis.axvline(boundary, color="0.35", linewidth=0.5)
    axis.set(xlabel="target j" if square else "latent", ylabel="input i")
    if not square:
        axis.set_xticks(range(values.shape[1]), range(1, values.shape[1] + 1))
