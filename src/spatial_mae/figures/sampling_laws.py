"""Three ways of masking: random count, fixed count, loss on hidden patches

Minimum loss of the linear masked autoencoder, divided by the trace of the second moments, against
the mask ratio m. Random count: each patch is hidden with probability m and the loss counts all
pixels (Bernoulli masks, Eq. 1 of Bisulco et al., 2025). Fixed count: m P of the P patches are
hidden. Hidden only: each patch is hidden with probability m and the loss counts only hidden
patches, as MAEs are usually trained. It can be lower because fewer pixels are counted, and where it
crosses the other curves means nothing. One column of panels per patch size (at most four), one row
per number of latents k: all of them (k = d) and about the square root of that. Only the first data
set, centring, ridge and colour are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, number
from spatial_mae.figures.drawing.style import (
    MARKERS,
    categories,
    legend,
    line,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep_masked, require, several
from spatial_mae.tables.rows import Row, distinct, first, levels, most_images, pick, project, spread
from spatial_mae.tables.settings import SOLUTION

KIND = "losses"
IN_PAPER = "Bisulco footnote 1"
HIDDEN = "hidden"
COLUMNS = ("model", "mask_ratio", "n_latents", "sampling", "loss")
LAWS = {"bernoulli": "random count", "exact": "fixed count", HIDDEN: "hidden only"}
FIRST = ("colour", "centring", "ridge", "flip")


def select(rows: list[Row]) -> list[Row]:
    """Losses of the MAEs of every sampling law at full rank and at about its square root."""
    require(rows, KIND, ("dataset", "patch", *COLUMNS))
    rows = first(most_images(first(rows, "dataset")), *FIRST)
    rows = pick(keep_masked(rows), patch=spread(levels(rows, "patch"), 4))
    several(rows, "sampling")
    latents = levels(rows, "n_latents")
    root = min(latents, key=lambda k: abs(k - latents[-1] ** 0.5))
    return project(pick(rows, n_latents=(root, latents[-1])), (*SOLUTION, *COLUMNS))


@styled
def draw(rows: list[Row]) -> Figure:
    patches, latents = levels(rows, "patch"), levels(rows, "n_latents")
    note = notes(rows, *_hidden_only(rows))
    figure, axes = panels(len(latents), len(patches), note, sharex=True, sharey="row")
    laws = categories(distinct(rows, "sampling"))
    looks = {law: {"color": laws[law], "marker": MARKERS[i]} for i, law in enumerate(laws)}
    for line_of_axes, k in zip(axes, latents, strict=True):
        for axis, patch in zip(line_of_axes, patches, strict=True):
            for law, look in looks.items():
                curve = pick(rows, patch=patch, n_latents=k, sampling=law)
                line(axis, curve, "mask_ratio", "loss", **look)
            title(axis, f"patch {patch}, k = {k:,}")
        line_of_axes[0].set_ylabel(axis_label("loss"))
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("mask_ratio"))
    legend(figure, {LAWS.get(law, law): look for law, look in looks.items()})
    return figure


def _hidden_only(rows: list[Row]) -> list[str]:
    """What the curves of hidden pixels are, and at which k there are any, if not at each."""
    there = levels(pick(rows, sampling=HIDDEN), "n_latents")
    if not there:
        return []
    name = LAWS[HIDDEN]
    counted = (
        f"{name}: the loss of hidden pixels over the trace of all; its crossings with other curves "
        "mean nothing"
    )
    if there == levels(rows, "n_latents"):
        return [counted]
    return [counted, f"{name}: solved at k = {' and '.join(map(number, there))}"]
