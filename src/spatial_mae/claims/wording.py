"""Settings, their values and their data in words."""

from collections.abc import Mapping, Sequence

from spatial_mae.tables.rows import Rows, by
from spatial_mae.tables.words import NAMES

# Longer lists of numbers are written as ranges.
MOST_VALUES = 6
JPEG = (
    "All images went through JPEG, whose blocks of 8 pixels line up with the patches: "
    "alone this is no evidence about correlations or patch size."
)


def varied(where: Sequence[Mapping[str, object]]) -> str:
    """`patch size 4, 8; k 16, 64`: the values that the settings take, axis by axis."""
    axes = dict.fromkeys(axis for one in where for axis in one)
    texts = []
    for axis in axes:
        values = {one[axis]: None for one in where if axis in one}
        ordered = sorted(values, key=_order)
        texts.append(f"{NAMES.get(axis, axis)} {list_values(ordered, ordered)}")
    return "; ".join(texts)


def list_values(values: Sequence[object], known: Sequence[object]) -> str:
    """`1, 2, 4`, or `1 to 40, 64` where there are many and neighbours in `known` follow on."""
    if len(values) <= MOST_VALUES or not all(isinstance(v, int | float) for v in values):
        return ", ".join(_text(value) for value in values)
    runs: list[list[object]] = []
    for value in values:
        if runs and known.index(value) == known.index(runs[-1][-1]) + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = [_text(r[0]) if len(r) == 1 else f"{_text(r[0])} to {_text(r[-1])}" for r in runs]
    return ", ".join(texts)


def _order(value: object) -> tuple:
    """Numbers before texts, nothing last."""
    number = isinstance(value, int | float)
    return (value is None, not number, value if number else str(value))


def _text(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def describe_data(rows: Rows) -> str:
    """`cifar10 (n = 2048 to 8068; lossless); ...`, with the pixel statement of each data set.

    Without data sets the lattices, `Ising chain`, or `no images`.
    """
    if not by(rows, "dataset"):
        return "; ".join(f"Ising {lattice}" for lattice in by(rows, "lattice")) or "no images"
    texts = []
    for name, members in by(rows, "dataset").items():
        counts = sorted({int(r["n_images"]) for r in members if r.get("n_images") is not None})
        pixels = sorted({str(r["pixels"]) for r in members if r.get("pixels")})
        spread = [f"{counts[0]} to {counts[-1]}"] if len(counts) > 1 else [str(c) for c in counts]
        notes = [f"n = {text}" for text in spread] + pixels
        texts.append(f"{name} ({'; '.join(notes)})" if notes else str(name))
    return "; ".join(texts)


def only_jpeg(rows: Rows) -> bool:
    """True if every image behind the rows went through JPEG, as its pixel statement says."""
    pixels = [str(row["pixels"]).lower() for row in rows if row.get("pixels")]
    return bool(pixels) and all("jpeg" in text for text in pixels)
