"""The pictures of the page of advice, each as the text of a png for a data address."""

import base64
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from spatial_mae.advise.ranking import Entry, Ranking, Setting, rank
from spatial_mae.advise.rungs import NAMES, SHARES
from spatial_mae.figures.drawing.style import DASHES, GREY, MARKERS, ordered
from spatial_mae.files import Row

HIDDEN = 0.6  # grey of hidden patches
DPI = 110


Name = Callable[[float], str]
"""The words for a mask ratio."""


def contact_sheet(
    images: np.ndarray, settings: Sequence[Setting], name: Name, seed: int = 0
) -> Figure:
    """Images as the network sees them, and under a mask of each setting.

    images: uint8 (n, height, width, channels).
    """
    figure = Figure(figsize=(1.05 * len(images), 1.15 * (1 + len(settings))))
    axes = figure.subplots(1 + len(settings), len(images), squeeze=False)
    rng = np.random.default_rng(seed)
    for column, image in enumerate(images):
        _show(axes[0, column], image)
        for row, (patch, mask) in enumerate(settings, start=1):
            _show(axes[row, column], masked(image, patch, mask, rng))
    labels = ["as seen", *(f"patch {p}\nmask ratio {name(m)}" for p, m in settings)]
    for row, label in enumerate(labels):
        axes[row, 0].set_ylabel(label, fontsize=7)
    figure.tight_layout(pad=0.3)
    return figure


def masked(image: np.ndarray, patch: int, mask: float, rng: np.random.Generator) -> np.ndarray:
    """An image (height, width, channels) with round(mask * patches) of its patches in grey."""
    rows, columns = image.shape[0] // patch, image.shape[1] // patch
    hidden = np.zeros(rows * columns, bool)
    hidden[rng.permutation(len(hidden))[: round(mask * len(hidden))]] = True
    pixels = np.kron(hidden.reshape(rows, columns), np.ones((patch, patch), bool))
    return np.where(pixels[..., None], np.uint8(255 * HIDDEN), image)


def _show(axes: object, image: np.ndarray) -> None:
    grey = image.shape[2] == 1
    axes.imshow(image[..., 0] if grey else image[..., :3], cmap="gray", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[])


def heat_map(ranking: Ranking, measure: str, name: Name) -> Figure:
    """Means and standard errors of the settings of a rung, patch size by mask ratio."""
    patches = sorted({entry.setting[0] for entry in ranking.entries})
    masks = sorted({entry.setting[1] for entry in ranking.entries})
    values = np.full((len(patches), len(masks)), np.nan)
    figure = Figure(figsize=(1.6 + 1.1 * len(masks), 1.3 + 0.6 * len(patches)))
    axes = figure.subplots()
    for entry in ranking.entries:
        row, column = patches.index(entry.setting[0]), masks.index(entry.setting[1])
        values[row, column] = entry.mean
        text = _with_error(entry, measure)
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color="black")
    axes.imshow(values, cmap="YlGn" if ranking.sign > 0 else "YlGn_r", aspect="auto", alpha=0.6)
    axes.set_xticks(range(len(masks)), [name(m) for m in masks])
    axes.set_yticks(range(len(patches)), [str(p) for p in patches])
    axes.set(xlabel="mask ratio", ylabel="patch (pixels)", title=_label(measure))
    figure.tight_layout()
    return figure


def _with_error(entry: Entry, measure: str) -> str:
    if measure in SHARES:
        return f"{100 * entry.mean:.1f} ± {100 * entry.standard_error:.1f}"
    return f"{entry.mean:.3f} ± {entry.standard_error:.3f}"


def curves(rows: Sequence[Row], measure: str, baselines: Mapping[str, float], name: Name) -> Figure:
    """Scores over epochs, a line for each setting, with the standard error of its mean."""
    figure, axes = _wide()
    points: dict[Setting, list[tuple[int, Entry]]] = {}
    epochs = sorted({row["epoch"] for row in rows})
    for epoch in epochs:
        for entry in _entries(rows, measure, epoch):
            points.setdefault(entry.setting, []).append((epoch, entry))
    looks = _looks(points, name)
    for setting, found in sorted(points.items()):
        means, errors = ([getattr(e, c) for _, e in found] for c in ("mean", "standard_error"))
        axes.errorbar([at for at, _ in found], means, errors, capsize=2, **looks[setting])
    for dash, (baseline, value) in zip(cycle(DASHES[1:]), baselines.items(), strict=False):
        if measure == "probe":
            axes.axhline(value, color=GREY, linestyle=dash, linewidth=1, label=baseline)
    axes.set_xticks(epochs)
    _finish(axes, "epochs of the schedule", measure)
    return figure


def hours(rows: Sequence[Row], measure: str, name: Name) -> Figure:
    """Scores against hours (or minutes) of training, of every setting at every epoch measured."""
    figure, axes = _wide()
    unit = 3600 if max(row["seconds"] for row in rows) > 3600 else 60
    points: dict[Setting, list[tuple[float, float]]] = {}
    for epoch in sorted({row["epoch"] for row in rows} - {0}):
        for entry in _entries(rows, measure, epoch):
            points.setdefault(entry.setting, []).append((entry.seconds / unit, entry.mean))
    looks = _looks(points, name)
    for setting, found in sorted(points.items()):
        axes.plot(*zip(*found, strict=True), **looks[setting])
    _finish(axes, f"{'hours' if unit == 3600 else 'minutes'} of training", measure)
    return figure


def _wide() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    return figure, figure.subplots()


def _looks(settings: Iterable[Setting], name: Name) -> dict[Setting, dict]:
    """Of each setting its patch size's colour, its mask ratio's marker and its label."""
    patches, masks = (sorted(set(values)) for values in zip(*settings, strict=True))
    colours, markers = ordered(patches), dict(zip(masks, cycle(MARKERS), strict=False))
    return {
        (patch, mask): {
            "color": colours[patch],
            "marker": markers[mask],
            "markersize": 4,
            "label": f"patch {patch}, mask ratio {name(mask)}",
        }
        for patch, mask in settings
    }


def _finish(axes: Axes, across: str, measure: str) -> None:
    """Labels, percent where the measure is a share, and the legend next to the panel."""
    axes.set(xlabel=across, ylabel=_label(measure))
    if measure in SHARES:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def _label(measure: str) -> str:
    return f"{NAMES[measure]} (%)" if measure in SHARES else NAMES[measure]


def _entries(rows: Sequence[Row], measure: str, epoch: int) -> Sequence[Entry]:
    try:
        return rank(rows, measure, epoch).entries
    except ValueError:
        return ()


def data_address(figure: Figure) -> str:
    """The figure as a png in a `data:` address."""
    stored = io.BytesIO()
    figure.savefig(stored, format="png", dpi=DPI, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(stored.getvalue()).decode("ascii")
