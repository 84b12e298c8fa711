"""The estimate as lines to print, every assumption among them."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from spatial_mae.estimate.costs import Cost, Run, total
from spatial_mae.estimate.storage import Storage
from spatial_mae.estimate.workload import TRAINING
from spatial_mae.study.measurements import RULES

UNKNOWN = "unknown"
SHOWN_SPEEDS = 12
COLUMNS = ("rule", "jobs", "done", "left", "images to pass", "hours", "from")


def estimate_lines(
    config: Mapping,
    costs: Sequence[Cost],
    runs: Sequence[Run],
    stored: Sequence[Storage],
    gpus: int | None,
    time_limit: float | None,
    apart: Mapping[str, Run] = MappingProxyType({}),
) -> list[str]:
    """Lines: jobs and hours by rule, where speeds are from, hours in all, storage, assumptions.

    apart: target -> what it trains at most, which is not in the sums. gpus: how many there are, for
    the time on a clock; None: not asked. time_limit: hours that a job may run at a time, for the
    number of its starts; None: not asked.
    """
    counts = [sum(getattr(cost, name) for cost in costs) for name in ("jobs", "done", "left")]
    head = "study {}: {:,} jobs, {:,} done, {:,} left".format(config["study"], *counts)
    return [
        head,
        "",
        *_table([COLUMNS, *map(_cells, costs)]),
        "",
        *_speeds(runs),
        *_hours(costs, runs, gpus, time_limit),
        *_apart(apart),
        "",
        *_storage(stored),
        "",
        *_assumptions(config, runs, gpus),
    ]


def _cells(cost: Cost) -> tuple[str, ...]:
    counted = cost.rule in (*TRAINING, "evaluate_mae") and cost.left
    images = UNKNOWN if cost.images is None else f"{cost.images:,}"
    numbers = str(cost.jobs), str(cost.done), str(cost.left)
    return cost.rule, *numbers, images if counted else "", _number(cost.hours), cost.source


def _speeds(runs: Sequence[Run]) -> list[str]:
    """The known speeds behind the expected ones, the most used first."""
    factors: dict[str, list[float]] = {}
    for run in (run for run in runs if run.expected):
        known = run.expected.known
        own = (known.network.rule, run.expected.factor) == (run.training.network.rule, 1)
        whose = "their own" if own else f"{known.network.rule} {known.network.label}"
        where = f" on {known.device}" if known.device else ""
        what = f"{whose}, {known.origin}{where}"
        factors.setdefault(what, []).append(run.expected.factor)
    ordered = sorted(factors.items(), key=lambda item: -len(item[1]))
    lines = [
        f"  {_count(len(found), 'run'):>9}: {what}{_factors(found)}"
        for what, found in ordered[:SHOWN_SPEEDS]
    ]
    if len(ordered) > SHOWN_SPEEDS:
        rest = sum(len(found) for _, found in ordered[SHOWN_SPEEDS:])
        lines.append(
            f"  {_count(rest, 'run'):>9}: those of {len(ordered) - SHOWN_SPEEDS} networks more"
        )
    return ["images/s of training are those of", *lines, ""] if lines else []


def _factors(found: Sequence[float]) -> str:
    low, high = f"{min(found):.3g}", f"{max(found):.3g}"
    if low == high == "1":
        return ""
    return f", times {low}{f' to {high}' * (high != low)} by FLOPs"


def _hours(
    costs: Sequence[Cost], runs: Sequence[Run], gpus: int | None, time_limit: float | None
) -> list[str]:
    on_gpu = [cost for cost in costs if RULES[cost.rule].gpu]
    lines = [
        f"hours of jobs that ask for a GPU: {_at_least(on_gpu)}",
        f"hours of the other jobs: {_at_least([c for c in costs if not RULES[c.rule].gpu])}",
    ]
    timed = [run for run in runs if run.hours is not None]
    if not timed:
        return lines
    longest = max(timed, key=lambda run: run.hours)
    network = longest.training.network
    lines.append(f"longest run: {_number(longest.hours)} h, {network.rule} {network.label}")
    if gpus is not None:
        known = sum(cost.hours for cost in on_gpu if cost.hours is not None)
        clock = max(known / gpus, longest.hours)
        lines.append(f"on {_count(gpus, 'GPU')}: at least {_number(clock)} h by the clock")
        if any(run.expected.known.device == "cpu" for run in timed):
            lines.append("  but at a CPU's speed: give a GPU's, or add --measure 10 on one")
    if time_limit is not None:
        starts = math.ceil(longest.hours / time_limit)
        over = sum(run.hours > time_limit for run in timed)
        lines.append(
            f"at a time limit of {time_limit:g} h: {over} of {_count(len(timed), 'run')} take more "
            f"than one job; the longest takes {starts:,} ({_count(starts - 1, 'requeue')})"
        )
    return lines


def _apart(apart: Mapping[str, Run]) -> list[str]:
    return [
        f"not in these sums, the target `{target}`: at most "
        f"{UNKNOWN if run.images is None else f'{run.images:,}'} images to train on, "
        f"{_number(run.hours)} h"
        for target, run in apart.items()
    ]


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"


def _at_least(costs: Sequence[Cost]) -> str:
    """Hours of all, or of those known and the number of jobs that are not."""
    hours = total([cost.hours for cost in costs])
    if hours is not None:
        return _number(hours)
    known = sum(cost.hours for cost in costs if cost.hours is not None)
    unknown = sum(cost.left for cost in costs if cost.hours is None)
    return f"{_number(known)}, and {unknown} jobs of unknown length"


def _storage(stored: Sequence[Storage]) -> list[str]:
    rows = [(s.what, _bytes(s.whole), _bytes(s.left)) for s in stored]
    sums = [[getattr(s, name) for s in stored] for name in ("whole", "left")]
    last = [_bytes(sum(n for n in part if n is not None)) for part in sums]
    unknown = [", and an unknown part" if None in part else "" for part in sums]
    everything = ("most at one time", *(a + b for a, b in zip(last, unknown, strict=True)))
    return _table([("storage", "whole study", "for jobs left"), *rows, everything])


def _assumptions(config: Mapping, runs: Sequence[Run], gpus: int | None) -> list[str]:
    lines = [
        "Assumed: a job is done if its run record exists (snakemake -n shows what is out of date).",
        "A run processes images like the nearest known one (same rule, same patch size, nearest",
        "FLOPs), times the ratio of their FLOPs per image, on that device, as busy as it was.",
        "Start, loading and scoring are not in the hours of training. Other jobs take as long as",
        "the mean of those of this study that are done, whatever their sizes. Not in the storage:",
        "labels, depth maps, downloaded archives, tables, figures, logs.",
    ]
    share = config["devices"]["runs_per_gpu"]
    if runs and gpus is not None and share > 1:
        lines.append(
            f"{share} runs that share a GPU together process as many images/s as one alone."
        )
    return lines


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns side by side: the first and the last to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    text_last = len(widths) == len(COLUMNS)
    return [
        "  ".join(
            cell.ljust(width) if i == 0 or (text_last and i == last) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _number(value: float | None) -> str:
    """Hours: three digits, whole above a hundred."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bytes(n: int | None) -> str:
    if n is None:
        return UNKNOWN
    return f"{n / 1e9:,.2f} GB" if n >= 1e8 else f"{n / 1e6:,.2f} MB"
