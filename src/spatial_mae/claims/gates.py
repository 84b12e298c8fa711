"""What must be so before a statement about training is judged: the networks learned something."""

from collections.abc import Sequence
from dataclasses import replace

from spatial_mae.claims.conclusion import holm
from spatial_mae.claims.engine import LEVEL, Contrast, Evidence
from spatial_mae.claims.noise import accuracy_error
from spatial_mae.claims.shapes import Best
from spatial_mae.tables.rows import Row, Rows
from spatial_mae.tables.runs import PIXELS, PRETRAINING, PROBE, asked, completed
from spatial_mae.tables.settings import setting

RUN = (*PRETRAINING, "n_train")
GAIN = Contrast(
    Best(),
    (),
    "accuracy gained",
    least=0.01,
    why="one point: less is not seen in a table of accuracies",
    error=lambda row: accuracy_error({**row, "value": row["accuracy"]}),
)


def learned(rows: Rows, table: Rows, free: Sequence[str]) -> tuple[list[Row], str]:
    """The rows of settings whose best cell beats chance and its controls, and what was left out.

    Controls are raw pixels, PCA and the linear MAE, and the same representation before training;
    of accuracies without controls (fine-tuning) chance, 1 / n_classes. Without either nothing is
    known of a setting: it is left out. table: the evaluation's rows, controls among them.
    """
    best = _best_controls(table)
    known = [(row, _control(best, row)) for row in rows]
    gains = [
        {**row, "value": row["value"] - control, "accuracy": row["value"]}
        for row, control in known
        if control is not None
    ]
    passed, tried = _settings_with_gain(gains, free)
    kept = [row for row in rows if setting(row, free) in passed]
    if len(passed) == tried and gains and len(gains) == len(rows):
        return kept, ""
    if not gains:
        return [], "chance and controls are unknown: add controls, or a data set with classes"
    return kept, f"networks beat chance and controls in {len(passed)} of {tried} settings"


def _settings_with_gain(gains: Rows, free: Sequence[str]) -> tuple[set, int]:
    """The settings whose best cell gains, Holm-adjusted, and the number tried."""
    evidence = Evidence(gains, replace(GAIN, free=tuple(free)))
    if evidence.blind:  # one seed: the test set's error alone
        evidence = Evidence(gains, replace(GAIN, free=tuple(free), repeat=None))
    evidence = evidence.seen()
    places = range(len(evidence.layouts))
    adjusted = holm([evidence.weigh([place]).affirm for place in places])
    found = zip(evidence.layouts, adjusted, strict=True)
    passed = {one.key for one, p in found if p <= LEVEL}
    return passed, len({setting(row, free) for row in gains})


def _best_controls(rows: Rows) -> dict[tuple, float]:
    """The best control of each run (pixel features) and of each of its representations."""
    best: dict[tuple, float] = {}
    for row in completed(rows):
        if "metric" in row and asked(row) == PROBE and not (row.get("epoch") or 0):
            name = row.get("representation")
            place = (_run(row), "pixels" if name in PIXELS else name)
            best[place] = max(best.get(place, 0.0), row["value"])
    return best


def _control(best: dict[tuple, float], row: Row) -> float | None:
    """The best of what a row is compared with; None if nothing is known."""
    found = [best[place] for name in ("pixels", row.get("representation"))
             if (place := (_run(row), name)) in best]  # fmt: skip
    found += [1 / row["n_classes"]] if row.get("n_classes") else []
    return max(found, default=None)


def _run(row: Row) -> tuple:
    return tuple(row.get(name) for name in RUN)
