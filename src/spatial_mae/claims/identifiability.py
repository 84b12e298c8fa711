"""Judges of Theorem 2 (Kong et al. 2023): what trained encoders hold of known latents.

The encoder is judged against what the same regressions reach from c itself behind a random
invertible map, and against the untrained encoder, in each setting, representation and readout. The
theorem speaks of the loss's minimum: an encoder that training brings nearer to c without reaching
it decides nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite
from statistics import median

import numpy as np

from spatial_mae.claims.engine import PLAIN, Combined, Contrast, Evidence, Weight
from spatial_mae.claims.gates import gained, number
from spatial_mae.claims.judged import judged, left_out
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, values
from spatial_mae.claims.shapes import Mean
from spatial_mae.claims.verdict import INCONCLUSIVE, Verdict
from spatial_mae.tables.rows import Row, Rows, Tables, grouped
from spatial_mae.tables.runs import completed
from spatial_mae.tables.settings import setting

# "All information": this share of the R^2 that can be reached. "None": an R^2 below this.
RECOVERED, NOTHING = 0.95, 0.05
# An R^2 of c below this shows a readout too weak, or images too few, to say what is held.
READABLE = 0.2
SHARED, VISIBLE = "shared", "visible"
NEEDS = "The tables need completed runs with the untrained encoder and c itself as controls."
# Each seed draws its own masks: the spread between seeds holds their error.
ALL = Contrast(
    Mean(),
    (),
    "training raises the R² of c by",
    least=0.01,
    why="a hundredth of the variance is what training must add, to be a gain",
    unit=PLAIN,
    column="r_squared",
)
REACHED = replace(ALL, says=f"R² of c exceeds {RECOVERED:.0%} of what c itself gives by")
ONLY = replace(ALL, says="training lowers the R² of the visible part's own latents by")
GONE = replace(ALL, says=f"R² of the visible part's own latents is below {NOTHING} by")


class AtMinimum(Evidence):
    """Evidence that can affirm only: a training that stops before the minimum refutes nothing."""

    def weigh(self, chosen: Sequence[int], interval: bool = False) -> Weight:
        return replace(super().weigh(chosen, interval), deny=1.0)


@judge("kong.theorem2", kinds=("latent_recovery",), figure="recovered_latents", contrast=ALL)
def shared_information_is_recovered(tables: Tables) -> Verdict:
    """R^2 of the shared noises is at least 95% of that of c itself, and above the untrained one's.

    It fails where training does not raise it. Settings where c itself cannot be read out, or where
    the untrained encoder passes too, show nothing.
    """
    rows = _trained(tables["latent_recovery"], SHARED)
    kept, gate = gained(
        rows,
        lambda row: _lower(row["known"] - READABLE, RECOVERED * row["known"] - row["untrained"]),
        (),
        reached="c can be read out, and the untrained encoder does not hold all of it,",
    )
    return _verdict(
        tables,
        kept,
        gate,
        _with(AtMinimum, kept, REACHED, lambda row: row["r_squared"] - RECOVERED * row["known"]),
        _with(Evidence, kept, ALL, lambda row: row["r_squared"] - row["untrained"]),
    )


@judge(
    "kong.theorem2.only_c", kinds=("latent_recovery",), figure="recovered_latents", contrast=ONLY
)
def nothing_else_is_held(tables: Tables) -> Verdict:
    """R^2 of the noises proper to the visible part is at most 0.05, and below the untrained one's.

    It fails where training does not lower it. Representations that held nothing of them before
    training, or that hold nothing of c either, show nothing.
    """
    rows = _trained(tables["latent_recovery"], VISIBLE)
    kept, gate = gained(
        rows,
        lambda row: _lower(row["untrained"] - NOTHING, row["of_c"] - READABLE),
        (),
        reached="the encoder holds c, and held more before training,",
    )
    return _verdict(
        tables,
        kept,
        gate,
        _with(AtMinimum, kept, GONE, lambda row: NOTHING - row["r_squared"]),
        _with(Evidence, kept, ONLY, lambda row: row["untrained"] - row["r_squared"]),
    )


def _trained(table: Rows, role: str) -> list[Row]:
    """Trained encoders' R^2 of a role with that of their controls.

    known: of the shared noises from c itself. untrained: of the same role before training. of_c: of
    the shared noises from the same encoder. Rows without these are left out.
    """
    rows = [
        {**row, "value": row["r_squared"], "r_squared": number(row["r_squared"])}
        for row in completed(table)
        if row["level"] == "all"
    ]
    found = {_place(row): row["r_squared"] for row in rows}
    controls = {
        "known": {"source": "latents", "representation": "mixed", "role": SHARED},
        "untrained": {"source": "untrained"},
        "of_c": {"role": SHARED},
    }
    whole = [
        {**row, "source": None}
        | {name: found.get(_place(row | other)) for name, other in controls.items()}
        for row in rows
        if (row["source"], row["role"]) == ("trained", role)
    ]
    return [row for row in whole if None not in [row[name] for name in controls]]


def _lower(*numbers: float) -> float:
    """The lowest; NaN if any is."""
    return float(np.min(numbers))


def _place(row: Row) -> tuple:
    return (setting(row), row.get("seed"), row["role"])


def _with(
    kind: type[Evidence], rows: Rows, contrast: Contrast, value: Callable[[Row], float]
) -> Evidence:
    return kind([{**row, "r_squared": value(row)} for row in rows], contrast)


def _verdict(tables: Tables, rows: Rows, gate: str, *parts: Evidence) -> Verdict:
    """Both what training changes and what it reaches must be as the theorem says."""
    table = tables["latent_recovery"]
    verdict = judged(
        rows,
        Combined(parts),
        NEEDS,
        scale=_scale,
        short=in_short,
        gate=gate,
        evidence=_medians(table, rows[0]["role"]) if rows else {},
        note=left_out(table),
    )
    return _unfinished(verdict)


def _unfinished(verdict: Verdict) -> Verdict:
    """Undecided, and short of the theorem's minimum: said so."""
    if verdict.verdict != INCONCLUSIVE or verdict.evidence.get("high", 0) >= 0:
        return verdict
    short = PLAIN(-verdict.evidence["estimate"])
    sentence = (
        f"Not reached: R² is off by {short}. The theorem speaks of the loss's minimum, which these "
        "trainings need not have reached: this refutes nothing."
    )
    return replace(verdict, sentence=sentence)


def _medians(table: Rows, role: str) -> dict[str, float]:
    """The median R^2 of a role from each source."""
    rows = [row for row in completed(table) if (row["role"], row["level"]) == (role, "all")]
    return {
        f"{source}_r_squared_median": median(numbers)
        for source, group in grouped(rows, lambda row: row["source"]).items()
        if (numbers := [r["r_squared"] for r in group if isfinite(number(r["r_squared"]))])
    }


def _scale(rows: Rows) -> str:
    """Of the runs: epochs, images and width. The paper has no such experiment."""
    named = (("epochs", "epochs"), ("pretrain_n_train", "images"), ("model_width", "width"))
    numbers = ", ".join(f"{word} {values(rows, column)}" for column, word in named)
    return f"Trained encoders: {numbers}; the paper has no such experiment"
