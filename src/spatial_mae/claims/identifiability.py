"""Judges of Theorem 2 (Kong et al. 2023): what trained encoders hold of known latents.

The encoder is judged against what the same regressions reach from c itself behind a random
invertible map, and against the untrained encoder, in each setting, representation and readout. The
theorem speaks of the loss's minimum: an encoder that training brings nearer to c without reaching
it decides nothing.
"""

from math import hypot
from statistics import median

from spatial_mae.claims.conditions import Noise, Outcome, decide
from spatial_mae.claims.registry import judge
from spatial_mae.claims.seeds import left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.claims.wording import list_values
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, groups
from spatial_mae.tables.runs import completed
from spatial_mae.tables.settings import named, setting, settings

# "All information": this share of the R^2 that can be reached. "None": an R^2 below this.
RECOVERED, NOTHING = 0.95, 0.05
STANDARD_ERRORS = 2
READ = ("representation",)  # the axis that controls do not share
NOISE = Noise(
    limit="what unfinished training or two standard errors over masks explain",
    known="",
    unknown="",
    more="Longer training or more masks are needed.",
)
NEEDS = (
    "completed runs with the controls, and representations whose untrained encoder holds something"
)


@judge("kong.theorem2", kinds=("latent_recovery",), figure="recovered_latents")
def shared_information_is_recovered(tables: Tables) -> Verdict:
    """R^2 of the shared noises is at least 95% of that of c itself.

    It fails where training does not raise it.
    """
    table = tables["latent_recovery"]
    rows = _whole(table, "shared")
    known, before = settings(_of(rows, "latents"), READ), settings(_of(rows, "untrained"))
    outcomes = [
        _compared(named(key), group, known[setting(group[0], READ)], before[key])
        for key, group in settings(_of(rows, "trained")).items()
        if setting(group[0], READ) in known and key in before
    ]
    levels = [row for row in completed(table) if row["role"] == "shared" and row["level"] != "all"]
    return decide(
        outcomes,
        rows,
        needs=NEEDS,
        size="share_of_what_can_be_reached",
        evidence=_medians(rows) | _by_level(_of(levels, "trained")),
        note=sentences(_scale(rows), left_out(table)) if rows else "",
        noise=NOISE,
    )


@judge("kong.theorem2.only_c", kinds=("latent_recovery",), figure="recovered_latents")
def nothing_else_is_held(tables: Tables) -> Verdict:
    """R^2 of the noises proper to the visible part is nothing; `size` is that R^2.

    Representations that hold nothing of them before training either do not count.
    """
    table = tables["latent_recovery"]
    rows = _whole(table, "visible")
    outcomes, before = [], settings(_of(rows, "untrained"))
    for key, group in settings(_of(rows, "trained")).items():
        if key not in before or mean(before[key], "r_squared") <= NOTHING:
            continue
        value, error = mean(group, "r_squared"), _error(group)
        clear = abs(value - NOTHING) > STANDARD_ERRORS * error
        outcomes.append(Outcome(named(key), value <= NOTHING if clear else None, value))
    hidden = _of(_whole(table, "hidden"), "trained")
    evidence = {"hidden_r_squared_largest": max(r["r_squared"] for r in hidden)} if hidden else {}
    return decide(
        outcomes,
        rows,
        needs=NEEDS,
        size="r_squared_of_the_visible_part",
        evidence=_medians(rows) | evidence,
        note=sentences(_scale(rows), left_out(table)) if rows else "",
        noise=NOISE,
    )


def _whole(table: Rows, role: str) -> list[Row]:
    """The completed runs' rows of a role, over all levels."""
    return [row for row in completed(table) if (row["role"], row["level"]) == (role, "all")]


def _of(rows: Rows, source: str) -> list[Row]:
    """The rows of a source, whose name is then no setting."""
    return [{**row, "source": None} for row in rows if row["source"] == source]


def _compared(where: dict, rows: Rows, best: Rows, before: Rows) -> Outcome:
    reachable, value = mean(best, "r_squared"), mean(rows, "r_squared")
    error = STANDARD_ERRORS * hypot(_error(rows), _error(best))
    if value - error > RECOVERED * reachable:
        return Outcome(where, True, value / reachable)
    noise = STANDARD_ERRORS * hypot(_error(rows), _error(before))
    no_gain = value - mean(before, "r_squared") <= -noise
    return Outcome(where, False if no_gain else None, value / reachable)


def _error(rows: Rows) -> float:
    """Standard error of the mean over a setting's seeds."""
    return hypot(*(row["standard_error"] or 0.0 for row in rows)) / len(rows)


def _medians(rows: Rows) -> dict[str, float]:
    sources = dict.fromkeys(row["source"] for row in rows)
    return {
        f"{source}_r_squared_median": median(row["r_squared"] for row in _of(rows, source))
        for source in sources
    }


def _by_level(rows: Rows) -> dict[str, float]:
    found = groups(rows, "level").items()
    return {
        f"level_{level}_r_squared_median": median(row["r_squared"] for row in group)
        for (level,), group in found
    }


def _scale(rows: Rows) -> str:
    """Of the runs: epochs, images and width. The paper has no such experiment."""
    named = (("epochs", "epochs"), ("pretrain_n_train", "images"), ("model_width", "width"))
    parts = []
    for column, word in named:
        values = sorted({row[column] for row in rows})
        parts.append(f"{word} {list_values(values, values)}")
    return f"Trained encoders: {', '.join(parts)}; the paper has no such experiment."
