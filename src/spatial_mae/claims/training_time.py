"""Judges of how long pretraining takes (Sec. 4.2)."""

from statistics import median

from spatial_mae.claims.conditions import monotone
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import full_scale, mark
from spatial_mae.claims.seeds import CLOCK, across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import FAILS, HOLDS, Verdict, not_run
from spatial_mae.claims.wording import describe_data
from spatial_mae.tables.repeats import means
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import PRETRAINING, completed, last
from spatial_mae.tables.settings import settings

SCALE = ("pixels", "n_images", "pretrain_n_train", "model_width")
SECONDS_PER_HOUR = 3600
# The paper's longest runs, in hours.
SHORTEST, LONGEST = 6, 10


@judge("time.mask", kinds=("evaluation",), figure="masking_grid")
def less_masking_takes_longer(tables: Tables) -> Verdict:
    """Pretraining takes longer at every lower mask ratio; the paper: 2.5 times from 0.9 to 0.1."""
    rows = _runs(tables["evaluation"])
    return judged(
        across_seeds(rows, _time_falls, ("mask",)),
        rows,
        needs="the evaluation tables need two mask ratios in one setting of completed runs on one "
        "device, and `pretrain_seconds`",
        size="relative_time_saved",
        evidence=_ratios(rows),
        note=sentences("The paper: 4 to 10 hours.", CLOCK, left_out(tables["evaluation"])),
    )


def _runs(rows: Rows) -> list[Row]:
    """One row a completed run, with the time of its whole pretraining as `value`."""
    timed = [row for row in last(completed(rows)) if row.get("pretrain_seconds")]
    runs = {tuple(row.get(key) for key in PRETRAINING): row for row in timed}
    return [
        {
            **{key: row.get(key) for key in (*PRETRAINING, "network", "epochs", *SCALE)},
            "machine": row.get("pretrain_device", row.get("device")),
            "value": row["pretrain_seconds"],
        }
        for row in runs.values()
    ]


def _time_falls(rows: Rows) -> tuple[bool, float] | None:
    return monotone({-mask: seconds for mask, seconds in means(rows, "mask").items()})


def _ratios(rows: Rows) -> dict[str, float]:
    """Median over settings of the time at the lowest mask ratio over that at the highest."""
    curves = [means(group, "mask") for group in settings(rows, ("mask",)).values()]
    ratios = [curve[min(curve)] / curve[max(curve)] for curve in curves if len(curve) > 1]
    return {"time_ratio_median": median(ratios)} if ratios else {}


@judge("hours", kinds=("evaluation",), figure="depth_hours")
def longest_run(tables: Tables) -> Verdict:
    """The longest pretraining takes 6 to 10 hours on a GPU: compared at the paper's scale only."""
    rows = _runs(tables["evaluation"])
    large = [row for row in rows if full_scale(row) and "cpu" not in str(row["machine"]).lower()]
    if not large:
        hours = max((row["value"] for row in rows), default=0) / SECONDS_PER_HOUR
        found = f"{mark(rows)}: longest run {hours:.2g} hours" if rows else "No run completed"
        return not_run(f"a number of the paper's scale, not run here. {found}.")
    hours = max(row["value"] for row in large) / SECONDS_PER_HOUR
    devices = ", ".join(sorted({str(row["machine"]) for row in large}))
    verdict = HOLDS if SHORTEST <= hours <= LONGEST else FAILS
    text = f"{mark(large)}: longest run {hours:.1f} hours on {devices}. {CLOCK}"
    n = min(row["n_images"] for row in large)
    return Verdict(verdict, text, {"hours_longest": hours}, n, describe_data(large))
