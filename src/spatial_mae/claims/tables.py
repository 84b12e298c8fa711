"""The tables that judges read: experiment kind -> rows, and the ways to group and pair rows."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from spatial_mae.files import Row, read_rows
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.recipes import nearest

Rows = Sequence[Row]
Tables = Mapping[str, Rows]
Key = tuple[tuple[str, object], ...]

# What is chosen, not measured. Rows that agree on all of these belong to one setting.
AXES = (
    *("dataset", "split", "colour", "centring", "ridge", "flip", "border", "mean_removal"),
    *("lattice", "coupling", "moment", "n_samples", "size", "dimensions", "patch", "n_latents"),
    *("reading", "target", "readout", "input", "scale", "frequency", "orientation"),
    *("lemma", "input_scale", "mask_ratio", "noise_deviation", "sampling", "measure", "against"),
    # Of hierarchies of latents.
    *("graph", "law", "unit_level", "definition"),
    # Of trained networks; seeds are repeats of a setting, not settings.
    *("backbone", "training", "unit", "mask", "enc", "dec", "blocks", "epochs", "n_train"),
    *("protocol", "representation", "block", "metric", "reference_enc", "machine"),
    # Of Jacobians. `exponent` is their tables' `power`, which is a measurement in a spectrum's.
    *("source", "exponent", "channels", "base", "normalised", "output", "outputs", "start"),
)


def read_tables(paths: Iterable[tuple[str, Path]]) -> dict[str, list[Row]]:
    """Read (kind, path) pairs; tables of one kind are joined and identical rows kept once.

    Raises ValueError for a kind that no experiment has (the nearest one is named) and
    FileNotFoundError for a missing table.
    """
    tables: dict[str, list[Row]] = {}
    for kind, path in paths:
        if kind not in KINDS:
            raise ValueError(f"no experiment of kind {kind!r}; {nearest(kind, KINDS)}")
        if not Path(path).is_file():
            raise FileNotFoundError(f"no table {path}; run `snakemake tables` first")
        tables.setdefault(kind, []).extend(read_rows(path))
    return {kind: distinct(rows) for kind, rows in tables.items()}


def distinct(rows: Iterable[Row]) -> list[Row]:
    return list({tuple(sorted(row.items())): row for row in rows}.values())


def setting(row: Row, but: Iterable[str] = ()) -> Key:
    """The choices behind a row, without the axes in `but` and those that do not apply to it."""
    return tuple(
        (axis, row[axis]) for axis in AXES if axis not in but and row.get(axis) is not None
    )


def settings(rows: Rows, but: Iterable[str] = ()) -> dict[Key, list[Row]]:
    """Rows by setting, the axes in `but` left free."""
    grouped: dict[Key, list[Row]] = {}
    for row in rows:
        grouped.setdefault(setting(row, but), []).append(row)
    return grouped


def solution(row: Row) -> tuple:
    """What one solution's rows share: model, number of images and setting."""
    return (row.get("model"), row.get("n_images"), setting(row))


def by(rows: Rows, column: str) -> dict[object, list[Row]]:
    """Rows by the value of a column, in ascending order; rows without a value are left out."""
    grouped: dict[object, list[Row]] = {}
    for row in rows:
        if row.get(column) is not None:
            grouped.setdefault(row[column], []).append(row)
    return dict(sorted(grouped.items()))


def of_model(rows: Rows, *models: str) -> list[Row]:
    return [row for row in rows if row.get("model") in models]


def masked(rows: Rows) -> list[Row]:
    """The MAEs that hide something: at mask ratio 0 an MAE is the AE."""
    return [row for row in of_model(rows, "mae") if row["mask_ratio"] > 0]


def mean(rows: Rows, column: str) -> float:
    return sum(float(row[column]) for row in rows) / len(rows)


def measured(rows: Rows, columns: Iterable[str]) -> list[Row]:
    """One row per measure: the column's name under `measure`, its number under `value`."""
    return [
        {**row, "measure": column.replace("_", " "), "value": row[column]}
        for column in columns
        for row in rows
        if row.get(column) is not None
    ]


def paired(ours: Rows, theirs: Rows, column: str, free: Iterable[str]) -> list[Row]:
    """Each of our rows beside every one of theirs in the same setting but for the axes in `free`.

    The numbers stand under `ours` and `theirs`, the other model's name under `against`.
    """
    free = (*free, "against")
    others: dict[object, list[Row]] = {}
    for row in theirs:
        others.setdefault((row.get("n_images"), setting(row, free)), []).append(row)
    return [
        {**row, "ours": row[column], "theirs": other[column], "against": model_name(other)}
        for row in ours
        for other in others.get((row.get("n_images"), setting(row, free)), ())
    ]


def model_name(row: Row) -> str:
    """`AE`, `MAE` or `DAE 0.2` (the noise's deviation)."""
    name = str(row["model"]).upper()
    return name if row.get("noise_deviation") is None else f"{name} {row['noise_deviation']:g}"


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
