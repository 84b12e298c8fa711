"""What must be so before a statement about training is judged: the networks learned something."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan

from spatial_mae.claims.conclusion import holm
from spatial_mae.claims.engine import LEVEL, Contrast, Evidence
from spatial_mae.claims.noise import Error, accuracy_error, finite, own_error
from spatial_mae.claims.shapes import Best
from spatial_mae.tables.rows import Row, Rows
from spatial_mae.tables.runs import PIXELS, PRETRAINING, PROBE, asked, completed, last
from spatial_mae.tables.settings import setting

RUN = (*PRETRAINING, "n_train", "label")
# Of the way from chance to no error (Cohen's kappa): below a tenth next to nothing was learned.
# Of 10 classes 19%.
SLIGHT = 0.1
GAIN = Contrast(
    Best(),
    (),
    "number gained",
    least=0.01,
    why="one point: less is not seen in a table of accuracies",
    error=own_error,
)


def learned(rows: Rows, table: Rows, free: Sequence[str]) -> tuple[list[Row], str]:
    """The rows of settings whose best cell beats chance and its controls, and what was left out.

    Controls are raw pixels, PCA and the linear MAE, and the same representation before training.
    Chance is 1 / n_classes and `SLIGHT` of what is left. Without either nothing is known of a
    setting: it is left out. table: the evaluation's rows, controls among them.
    """
    best = _best_controls(table)

    def gain(row: Row) -> float | None:
        control = _control(best, row)
        return None if control is None else number(row["value"]) - control

    return gained(
        rows,
        gain,
        free,
        accuracy_error,
        reached="networks beat chance and controls",
        unknown="chance and controls are unknown: add controls, or a data set with classes",
    )


def gained(
    rows: Rows,
    gain: Callable[[Row], float | None],
    free: Sequence[str],
    error: Error = own_error,
    reached: str = "networks beat the untrained ones",
    unknown: str = "the tables hold no untrained networks: inspect earlier checkpoints too",
) -> tuple[list[Row], str]:
    """The rows of settings whose best cell has a gain above zero, and what was left out.

    gain: row -> how far it is beyond what it must beat; None where that is not known, and the
    setting is left out. error: of the gain. reached, unknown: said of gains, and without any.
    """
    if not rows:
        return [], ""
    gains = [
        {**row, "value": found, "standard_error": 0.0 if row["value"] is None else error(row)}
        for row in rows
        if (found := gain(row)) is not None
    ]
    passed, tried = _settings_with_gain(gains, free)
    kept = [row for row in rows if setting(row, free) in passed]
    if not gains:
        return [], unknown
    if len(passed) == tried and len(gains) == len(rows):
        return kept, ""
    return kept, f"{reached} in {len(passed)} of {tried} settings"


def with_untrained(rows: Rows) -> list[Row]:
    """The rows at the end of pretraining, the number of the same network before as `untrained`."""
    before = {_network(row): row["value"] for row in rows if row.get("epoch") == 0}
    return [{**row, "untrained": before.get(_network(row))} for row in last(rows)]


def beyond_untrained(row: Row) -> float | None:
    """The gain of a row of `with_untrained`; None where there is no untrained network."""
    return None if row["untrained"] is None else number(row["value"]) - row["untrained"]


def number(value: float | None) -> float:
    """NaN for an empty cell, which the engine refuses by its name."""
    return nan if value is None else value


def _network(row: Row) -> tuple:
    return (setting(row), row.get("seed"))


def _settings_with_gain(gains: Rows, free: Sequence[str]) -> tuple[set, int]:
    """The settings whose best cell gains, Holm-adjusted, and the number tried.

    Where nothing shows the noise between seeds, the test set's error alone is.
    """
    contrast = replace(GAIN, free=tuple(free))
    several = Evidence(gains, contrast).seen()
    keys = {one.key for one in several.layouts}
    single = [row for row in gains if setting(row, free) not in keys]
    weighed = [
        (one.key, evidence.weigh([place]).affirm)
        for evidence in (several, Evidence(single, replace(contrast, repeat=None)))
        for place, one in enumerate(evidence.layouts)
    ]
    adjusted = holm([p for _, p in weighed])
    passed = {key for (key, _), p in zip(weighed, adjusted, strict=True) if p <= LEVEL}
    return passed, len({setting(row, free) for row in gains})


def _best_controls(rows: Rows) -> dict[tuple, float]:
    """The best control of each run (pixel features) and of each of its representations."""
    controls = [
        row
        for row in completed(rows)
        if row.get("value") is not None and asked(row) == PROBE and not (row.get("epoch") or 0)
    ]
    finite(controls, "value")
    best: dict[tuple, float] = {}
    for row in controls:
        name = row.get("representation")
        place = (_run(row), "pixels" if name in PIXELS else name)
        best[place] = max(best.get(place, 0.0), row["value"])
    return best


def _control(best: dict[tuple, float], row: Row) -> float | None:
    """The best of what a row is compared with; None if nothing is known."""
    places = [(_run(row), name) for name in ("pixels", row.get("representation"))]
    found = [best[place] for place in places if place in best]
    found += [_chance(row["n_classes"])] if row.get("n_classes") else []
    return max(found, default=None)


def _chance(n_classes: int) -> float:
    return 1 / n_classes + SLIGHT * (1 - 1 / n_classes)


def _run(row: Row) -> tuple:
    return tuple(row.get(name) for name in RUN)
