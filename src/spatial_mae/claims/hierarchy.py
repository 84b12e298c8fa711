"""Judges of hierarchies of latents (Kong et al. 2023): Theorem 1, and the level of what is shared.

The level of the shared information C has four readings: its lowest variable, the mean over its
variables, plain or weighted by dimension, and its highest. Values are exact where the table holds
a formula or all masks, else means over drawn masks, which decide only beyond their noise.
"""

from collections.abc import Callable
from itertools import pairwise
from math import hypot

from spatial_mae.claims.conditions import TOLERANCE, Noise, Outcome, decide, exceeds, relative
from spatial_mae.claims.registry import judge
from spatial_mae.claims.verdict import Verdict
from spatial_mae.files import Row
from spatial_mae.tables.rows import Rows, Tables
from spatial_mae.tables.settings import named, setting, settings

READINGS = ("lowest", "mean", "weighted", "highest")
METHODS = ("formula", "enumeration", "sampling")  # the best first
# The best of several means is chosen by its noise too: ask for twice the usual two errors.
STANDARD_ERRORS = 4
SAMPLED = Noise(
    limit="the noise of the drawn masks",
    known="",
    unknown="",
    more="More masks are needed.",
)
Effect = Callable[[Rows], tuple[bool | None, float] | None]
TREE = ("dimensions", "arity", "depth")
PROPERTIES = ("conditions", "least_and_unique")
# Column of the table of graphs -> its sum over graphs, in words.
COUNTS = {
    "n_masks": "masks",
    "conditions": "meeting Conditions 1 and 2",
    "least_and_unique": "C the one least set",
    "complement": "complement alike",
    "separated_alone": "separated given c alone",
    "least_visible": "least s_mc from Algorithm 2",
}


@judge("kong.theorem1", kinds=("hierarchy_audit",), figure="hierarchy_cases")
def shared_information_is_unique(tables: Tables) -> Verdict:
    """On every graph and mask C meets the conditions and is the one set of least dimension."""
    rows = tables["hierarchy_audit"]
    outcomes = [
        Outcome({"graph": _family(row["graph"])}, share == 1, share)
        for row in rows
        for share in [min(row[key] for key in PROPERTIES) / row["n_masks"]]
    ]
    counts = {name: sum(row[key] for row in rows) for key, name in COUNTS.items()}
    return decide(
        outcomes,
        rows,
        needs="the table of graphs is empty",
        size="share_of_masks",
        evidence={name.replace(" ", "_").replace(",", ""): n for name, n in counts.items()},
        note="By trying all sets of latents; "
        + "; ".join(f"{name}: {n}" for name, n in counts.items())
        + ".",
    )


def _family(graph: str) -> str:
    """Random graphs are one family, whatever their number."""
    return "random" if graph.startswith("random") else graph


@judge(
    "kong.fig4.extremes", kinds=("hierarchy_levels", "hierarchy_cases"), figure="hierarchy_levels"
)
def extremes_are_low(tables: Tables) -> Verdict:
    """The level is higher at some middle mask ratio than at the lowest and the highest."""
    rows = readings(tables["hierarchy_levels"])
    outcomes = _outcomes(rows, _rises_and_falls, "mask_ratio")
    shared = [row for row in tables["hierarchy_cases"] if row["role"] == "shared"]
    cases: dict[str, int] = {}
    for row in shared:
        cases[row["case"]] = min(cases.get(row["case"], row["level"]), row["level"])
    return decide(
        outcomes,
        rows,
        needs="levels at three mask ratios or more: add some to the recipe",
        size="rise_to_the_middle",
        evidence={f"level_{case}": level for case, level in cases.items()},
        note=f"Fig. 4's own masks: {', '.join(f'{case} {n}' for case, n in cases.items())}.",
        noise=SAMPLED,
    )


@judge("kong.small_units", kinds=("hierarchy_levels",), figure="hierarchy_levels")
def larger_units_are_higher(tables: Tables) -> Verdict:
    """The level rises with the size of the mask units, with no step down."""
    rows = readings(tables["hierarchy_levels"])
    return decide(
        _outcomes(rows, _rises_with_units, "unit_level"),
        rows,
        needs="levels of two mask units or more: add some to the recipe",
        size="rise_with_the_unit",
        noise=SAMPLED,
    )


def readings(rows: Rows) -> Rows:
    """The rows of the four readings, of each setting those of its best method; trees by name."""
    ranked = sorted(rows, key=lambda row: METHODS.index(row["method"]), reverse=True)
    named = [_named(row) for row in ranked if row["definition"] in READINGS]
    return list({setting(row): row for row in named}.values())


def _named(row: Row) -> Row:
    """A row with its tree under `graph`, as `2-ary 1-D of depth 8`."""
    rest = {key: value for key, value in row.items() if key not in TREE}
    dimensions, arity, depth = (row[key] for key in TREE)
    return {**rest, "graph": f"{arity}-ary {dimensions}-D of depth {depth}"}


def _outcomes(rows: Rows, effect: Effect, free: str) -> list[Outcome]:
    """The outcome in every setting, the axis `free` left to the effect."""
    found = [(key, effect(group)) for key, group in settings(rows, (free,)).items()]
    return [Outcome(named(key), *result) for key, result in found if result is not None]


def _rises_and_falls(rows: Rows) -> tuple[bool | None, float] | None:
    """Of one setting over mask ratios: the best of the middle against the better of the ends."""
    if len(rows) < 3:
        return None
    first, *middle, last = sorted(rows, key=lambda row: row["mask_ratio"])
    best, end = (max(part, key=lambda row: row["value"]) for part in (middle, (first, last)))
    holds, size = exceeds(best["value"], end["value"])
    return (holds if _resolved(best, end, size) else None), size


def _rises_with_units(rows: Rows) -> tuple[bool | None, float] | None:
    """Of one setting over mask units: a rise in all, and no step down that is more than noise."""
    if len(rows) < 2:
        return None
    steps = sorted(rows, key=lambda row: row["unit_level"])
    falls = [(a, b, relative(a["value"], b["value"])) for a, b in pairwise(steps)]
    falls_clearly = any(fall[2] > TOLERANCE and _resolved(*fall) for fall in falls)
    rises, size = exceeds(steps[-1]["value"], steps[0]["value"])
    known = falls_clearly or _resolved(steps[-1], steps[0], size)
    return (rises and not falls_clearly if known else None), size


def _resolved(ours: Row, theirs: Row, size: float) -> bool:
    """Whether a relative difference is away from the tolerance by more than the noise."""
    noise = STANDARD_ERRORS * hypot(ours["standard_error"], theirs["standard_error"])
    return noise == 0 or abs(size - TOLERANCE) * max(ours["value"], theirs["value"]) > noise
