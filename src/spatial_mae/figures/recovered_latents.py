"""Known latents recovered from what an encoder sees of a masked image

Tests Theorem 2 of Kong et al. (2023) on images drawn from a known, invertible, non-linear tree of
latents, at the scale named below. Vertical axis: R squared, on held-out images, of the noises that
make up the variables, predicted from the visible part by ridge regression (up: linear, below: with
a Gaussian kernel); 1 is recovered, 0 is nothing. Left, by level of the variable, 0 at the patches:
the noises that the set c determines, which the theorem says are recovered; then those of the
visible part alone (s_mc), which the theorem's encoder would not hold; and those of the hidden part
alone (s_m), which no encoder can. Encoders are read through all visible tokens (solid) or their
mean (dashed). Thin lines: the encoder before training, the visible pixels, c itself after a random
invertible map (what the regression can reach), and the same of other images. Values are means over
a few fixed masks and over seeds, bars two standard errors over masks; since c differs between
masks, each level is averaged over the masks where c determines noises there.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import TWO_ERRORS, notes, remarks
from spatial_mae.figures.drawing.style import (
    CATEGORIES,
    GREY,
    MARKERS,
    legend,
    line,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label, label
from spatial_mae.tables.needs import keep, runs
from spatial_mae.tables.repeats import FRAME, over_seeds
from spatial_mae.tables.rows import Row, distinct, levels, pick, widest
from spatial_mae.tables.runs import PRETRAINING, SETTING

KIND = "latent_recovery"
IN_PAPER = "Kong Theorem 2"
CURVE = ("source", "representation", "readout", "role", "level")
COLUMNS = (*CURVE, "r_squared", "standard_error", "n_masks")
RUN = (*PRETRAINING, "status", "epochs")
SOURCES = {
    "trained": "trained",
    "untrained": "untrained",
    "pixels": "visible pixels",
    "latents": "c itself (ceiling)",
    "shuffled": "other images (floor)",
}
COLOURS = dict(zip(SOURCES, CATEGORIES[:5], strict=True))
DASHES = {"tokens": "-", "mean": (0, (3, 1.5)), "class_token": (0, (1, 1))}
NAMES = {"tokens": "visible tokens", "mean": "mean token", "class_token": "[CLS] token"}
ROLES = {"visible": "visible part alone", "hidden": "hidden part alone"}
STEP = 0.04  # between sources at one of two mask ratios, as a share of the distance of these
HOLLOW = {"markerfacecolor": "white", "markeredgewidth": 0.7}  # but for all visible tokens


def select(rows: list[Row]) -> list[Row]:
    """R squared over seeds: shared noises by level, the others over all levels."""
    rows = widest(runs(rows, KIND, (*COLUMNS, *RUN)), "mask", "patch", "unit", "enc", "dec")
    by_level = [row for row in keep(rows, role="shared") if row["level"] != "all"]
    rows = by_level + keep(rows, role=list(ROLES), level="all")
    found = over_seeds(rows, (*SETTING, *CURVE), "r_squared")
    errors = over_seeds(rows, (*SETTING, *CURVE), "standard_error")
    known = {_key(row): row["value"] for row in errors}
    counts = {_key(row): row["n_masks"] for row in rows}
    return [
        row | {"standard_error": known.get(_key(row)), "n_masks": counts[_key(row)]}
        for row in found
    ]


def _key(row: Row) -> tuple:
    return tuple(row[column] for column in (*SETTING, *CURVE))


@styled
def draw(rows: list[Row]) -> Figure:
    readouts = distinct(rows, "readout")
    shared = [("shared", level) for level in levels(pick(rows, role="shared"), "level")[::-1]]
    parts = [*shared, *((role, "all") for role in ROLES if pick(rows, role=role))]
    frame = [{key: row[key] for key in (*FRAME, *SETTING) if key in row} for row in rows]
    drawn = [f"{TWO_ERRORS} over masks"] if any(row["standard_error"] for row in rows) else []
    note = notes(frame, f"{max(levels(rows, 'n_masks'))} masks", *remarks(rows), *drawn)
    figure, axes = panels(len(readouts), len(parts), note, height=1.6, sharex=True, sharey=True)
    for line_of_axes, readout in zip(axes, readouts, strict=True):
        for axis, (role, level) in zip(line_of_axes, parts, strict=True):
            _draw_panel(axis, pick(rows, readout=readout, role=role, level=level))
            what = f"shared (c), level {level}" if role == "shared" else ROLES[role]
            title(axis, what)
            axis.set_ylim(-0.08, 1.04)
        line_of_axes[0].set_ylabel(f"{label('r_squared')} ({readout})")
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("mask"))
        axis.set_xticks(levels(rows, "mask"))
    read = [name for name in DASHES if pick(rows, representation=name)]
    looks = {t: {"color": COLOURS[s], "linestyle": "-"} for s, t in SOURCES.items()}
    looks |= {NAMES[n]: {"color": GREY, "linestyle": DASHES[n], **_marker(n)} for n in read}
    legend(figure, looks)
    return figure


def _draw_panel(axis: Axes, rows: list[Row]) -> None:
    ratios = levels(rows, "mask")
    joined = len(ratios) > 2
    step = 0 if joined else STEP * ((ratios[-1] - ratios[0]) or 1)
    for place, source in enumerate(SOURCES, start=-(len(SOURCES) // 2)):
        moved = [row | {"mask": row["mask"] + place * step} for row in pick(rows, source=source)]
        for name in distinct(moved, "representation"):
            part = sorted(pick(moved, representation=name), key=lambda row: row["mask"])
            stroke = DASHES.get(name, "-") if joined else "none"
            look = {"color": COLOURS[source], "linestyle": stroke, **_marker(name)}
            line(axis, part, "mask", "value", linewidth=1.2 if source == "trained" else 0.7, **look)
            if source == "trained":
                bars = [2 * (row["standard_error"] or 0) for row in part]
                points = [[row[c] for row in part] for c in ("mask", "value")]
                bar = {"ecolor": COLOURS[source], "elinewidth": 0.6, "zorder": 1}
                axis.errorbar(*points, bars, fmt="none", **bar)


def _marker(representation: str) -> dict:
    return {"marker": MARKERS[0]} | (HOLLOW if representation in ("mean", "class_token") else {})
