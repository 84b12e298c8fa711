"""What a probe of a trained encoder gains on untrained and pixel features."""

from spatial_mae.tables.rows import Row, Rows
from spatial_mae.tables.runs import PIXELS, PRETRAINING, PROBE, asked, completed, last, probes

RUN = (*PRETRAINING, "n_train")


def gains(rows: Rows) -> list[float]:
    """Accuracy at the end of pretraining less the best control's, one a probe with controls.

    Controls are raw pixels, PCA, the linear MAE and the same representation at epoch 0.
    """
    best = _best_controls(rows)
    ends = [(row, max(_known(best, row), default=None)) for row in last(probes(rows))]
    return [row["value"] - control for row, control in ends if control is not None]


def controls_note(rows: Rows) -> str:
    """Whether the probes gain on the controls: without a gain, trends of accuracy say little."""
    found = gains(rows)
    if not found:
        return "No controls in the tables: the gain over untrained or pixel features is unknown."
    better = sum(gain > 0 for gain in found)
    pixels = any(row.get("representation") in PIXELS for row in rows)
    names = "pixels, PCA, linear MAE, untrained" if pixels else "untrained alone"
    if better == len(found):
        return f"All {len(found)} probes beat their controls ({names})."
    text = f"{better or 'None'} of {len(found)} probes beat their best control"
    return f"{text} ({names}): elsewhere pretraining gained nothing."


def controls_evidence(rows: Rows) -> dict[str, float]:
    """Smallest and largest gain over the best control; empty without controls."""
    found = gains(rows)
    return (
        {"gain_on_controls_smallest": min(found), "gain_on_controls_largest": max(found)}
        if found
        else {}
    )


def _best_controls(rows: Rows) -> dict[tuple, float]:
    """The best control of each run (pixel features) and of each of its representations."""
    best: dict[tuple, float] = {}
    for row in completed(rows):
        if asked(row) == PROBE:
            place = _place(row)
            best[place] = max(best.get(place, 0.0), row["value"])
    return best


def _place(row: Row) -> tuple:
    """Pixel features are the controls of a whole run, the untrained encoder of its own kind."""
    name = row.get("representation")
    return (_run(row), "pixels" if name in PIXELS else name, row.get("epoch") or 0)


def _known(best: dict[tuple, float], row: Row) -> list[float]:
    places = [(_run(row), name, 0) for name in ("pixels", row["representation"])]
    return [best[place] for place in places if place in best]


def _run(row: Row) -> tuple:
    return tuple(row.get(name) for name in RUN)
