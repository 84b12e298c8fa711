"""The pictures of the page of advice, each as the text of a png for a data address."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from spatial_mae.advise.ranking import Entry, Ranking, Setting, rank
from spatial_mae.advise.rungs import NAMES, SHARES
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
    labels = ["as seen", *(f"patch {p}\nmask {name(m)}" for p, m in settings)]
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
    axes.set(xlabel="mask ratio", ylabel="patch (pixels)", title=NAMES[measure])
    figure.tight_layout()
    return figure


def _with_error(entry: Entry, measure: str) -> str:
    if measure in SHARES:
        return f"{100 * entry.mean:.1f} ± {100 * entry.standard_error:.1f}"
    return f"{entry.mean:.3f} ± {entry.standard_error:.3f}"


def curves(rows: Sequence[Row], measure: str, baselines: Mapping[str, float], name: Name) -> Figure:
    """Scores over epochs, a line for each setting, with the standard error of its mean."""
    figure = Figure(figsize=(6, 3.6))
    axes = figure.subplots()
    epochs = sorted({row["epoch"] for row in rows})
    points: dict[Setting, list[tuple[int, Entry]]] = {}
    for epoch in epochs:
        for entry in _entries(rows, measure, epoch):
            points.setdefault(entry.setting, []).append((epoch, entry))
    for (patch, mask), found in sorted(points.items()):
        axes.errorbar(
            [epoch for epoch, _ in found],
            [entry.mean for _, entry in found],
            [entry.standard_error for _, entry in found],
            marker="o",
            markersize=3,
            capsize=2,
            label=f"patch {patch}, mask {name(mask)}",
        )
    for baseline, value in baselines.items() if measure == "probe" else ():
        axes.axhline(value, color="grey", linestyle=":", linewidth=1)
        axes.text(epochs[-1], value, baseline, fontsize=7, ha="right", va="bottom", color="grey")
    axes.set(xlabel="epochs of the schedule", ylabel=NAMES[measure])
    axes.legend(fontsize=7)
    figure.tight_layout()
    return figure


def hours(rows: Sequence[Row], measure: str, name: Name) -> Figure:
    """Scores against hours (or minutes) of training, of every setting at every epoch measured."""
    figure = Figure(figsize=(6, 3.6))
    axes = figure.subplots()
    unit = 3600 if max(row["seconds"] for row in rows) > 3600 else 60
    points: dict[Setting, list[tuple[float, float]]] = {}
    for epoch in sorted({row["epoch"] for row in rows} - {0}):
        for entry in _entries(rows, measure, epoch):
            points.setdefault(entry.setting, []).append((entry.seconds / unit, entry.mean))
    for (patch, mask), found in sorted(points.items()):
        axes.plot(
            *zip(*found, strict=True), marker="o", markersize=3, label=f"{patch}, {name(mask)}"
        )
    time = "hours" if unit == 3600 else "minutes"
    axes.set(xlabel=f"{time} of training", ylabel=NAMES[measure])
    axes.legend(fontsize=7, title="patch, mask ratio", title_fontsize=7)
    figure.tight_layout()
    return figure


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
