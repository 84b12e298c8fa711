"""From the tables of scores of networks to one row for each setting, seed and epoch."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from spatial_mae.figures.drawing.measures import CONTROLS
from spatial_mae.files import Row, read_rows
from spatial_mae.study.grid import parse

COLUMNS = ("rung", "patch", "mask", "seed", "epoch", "epochs", "status", "probe", "n_labelled")
COLUMNS += ("error", "agreement", "seconds", "test_probe")
"""Of advice.csv. probe: accuracy on held-out training images, in [0, 1]; error: on hidden patches
at the run's own mask ratio, standardised; agreement: of halves, see `evaluation.halves`; seconds:
of training up to the epoch."""


def read_scores(paths: Iterable[Path], rung: str, label: str = "") -> list[Row]:
    """A row with COLUMNS for each epoch in the tables; the run is in the name of their folder.

    label: a factor of the classes that probes were asked for; "": the class.
    """
    found = []
    for path in paths:
        run = parse(Path(path).parent.name)
        epochs: dict[int, list[Row]] = {}
        for row in read_rows(path):
            if row.get("label") in (None, "", label):
                epochs.setdefault(int(row["epoch"]), []).append(row)
        found += [_row(run, rung, epoch, rows) for epoch, rows in sorted(epochs.items())]
    return found


def _row(run: Row, rung: str, epoch: int, rows: Sequence[Row]) -> Row:
    first = rows[0]
    probe = _find(rows, "linear_probe", "accuracy")
    error = _find(rows, "reconstruction", "hidden_error")
    agreement = _find(rows, "halves", "agreement")
    values = {
        "rung": rung,
        **{key: run[key] for key in ("patch", "mask", "seed")},
        "epoch": epoch,
        "epochs": first["epochs"],
        "status": first["status"],
        "probe": probe and probe["value"],
        "n_labelled": probe and probe["n_test"],
        "error": error and error["value"],
        "agreement": agreement and agreement["value"],
        "seconds": first["pretrain_seconds"],
    }
    return {column: values.get(column) for column in COLUMNS}


def _find(rows: Sequence[Row], protocol: str, metric: str) -> Row | None:
    """The score of the mean token, or of the network; None where it was not measured."""
    found = [
        row
        for row in rows
        if (row["protocol"], row["metric"]) == (protocol, metric)
        and row["representation"] in (None, "", "mean")
    ]
    return found[0] if found else None


def with_test(rows: Sequence[Row], tested: Sequence[Row]) -> list[Row]:
    """Rows of finished runs with the accuracy on test images of the same runs and epochs."""
    keys = ("patch", "mask", "seed", "epoch")
    known = {tuple(row[key] for key in keys): row["probe"] for row in tested}
    return [row | {"test_probe": known.get(tuple(row[key] for key in keys))} for row in rows]


def read_baselines(paths: Iterable[Path], label: str = "") -> dict[str, float]:
    """Accuracy of the linear probe on raw pixels and on principal components; label as above."""
    rows = [row for path in paths for row in read_rows(path)]
    rows = [r for r in rows if r["protocol"] == "linear_probe" and (r.get("label") or "") == label]
    found = {r["representation"]: r["value"] for r in rows}
    return {CONTROLS[name]: value for name, value in found.items()}
