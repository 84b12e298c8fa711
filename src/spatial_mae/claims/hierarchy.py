"""Judges of hierarchies of latents (Kong et al. 2023): Theorem 1, and the level of what is shared.

The level of the shared information C has four readings: its lowest variable, the mean over its
variables, plain or weighted by dimension, and its highest. Values are exact where the table holds
a formula or all masks, else means over drawn masks, whose standard errors are their noise.
"""

from spatial_mae.claims.engine import Contrast, Evidence, Unit
from spatial_mae.claims.joined import Joined
from spatial_mae.claims.judged import judged
from spatial_mae.claims.noise import known_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.shapes import Cells, Lead, Rise, Shape
from spatial_mae.claims.verdict import FAILS, HOLDS, Undecidable, Verdict, not_run
from spatial_mae.files import Row
from spatial_mae.tables.rows import Rows, Tables
from spatial_mae.tables.settings import setting

READINGS = ("lowest", "mean", "weighted", "highest")
METHODS = ("formula", "enumeration", "sampling")  # the best first
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
    """On every graph and mask C meets the conditions and is the one set of least dimension.

    A theorem is about all graphs, and the counts are exact: one counterexample refutes it.
    Raises Undecidable for counts that are missing or not whole numbers.
    """
    rows = tables["hierarchy_audit"]
    if not rows:
        return not_run("The table of graphs is empty.")
    counts = [{key: _count(row, key) for key in COUNTS} for row in rows]
    wrong = [one["n_masks"] - min(one[key] for key in PROPERTIES) for one in counts]
    sums = {name: sum(one[key] for one in counts) for key, name in COUNTS.items()}
    refuted, graphs = sum(map(bool, wrong)), len(rows)
    sentence = f"On all {graphs} graphs, for all {sums['masks']} masks, C is the one least set."
    if refuted:
        sentence = f"{sum(wrong)} masks on {refuted} of {graphs} graphs contradict the theorem."
    return Verdict(
        FAILS if refuted else HOLDS,
        sentence,
        "By trying all sets of latents; "
        + "; ".join(f"{name}: {n}" for name, n in sums.items())
        + ".",
        {"graphs": graphs, "graphs_refuting": refuted}
        | {name.replace(" ", "_").replace(",", ""): n for name, n in sums.items()},
        min(one["n_masks"] for one in counts),
        "no images",
    )


def _count(row: Row, column: str) -> int:
    count = row.get(column)
    if count is None or not float(count).is_integer():
        raise Undecidable(f"{COUNTS[column]} of graph {row['graph']}: {count}, no whole number")
    return int(count)


def _level(shape: Shape, axis: str, says: str) -> Contrast:
    return Contrast(
        shape,
        (axis,),
        says,
        least=0.1,
        why="of ten masks one shares a variable that is a level higher",
        unit=Unit("levels"),
        repeat=None,
        error=known_error,
    )


def _between(cells: Cells) -> list[bool]:
    """All but the lowest and the highest."""
    return [0 < place < len(cells) - 1 for place in range(len(cells))]


EXTREMES = _level(
    Lead(_between),
    "mask_ratio",
    "level gained between the extreme mask ratios, over the better one",
)


@judge(
    "kong.fig4.extremes",
    kinds=("hierarchy_levels", "hierarchy_cases"),
    figure="hierarchy_levels",
    contrast=EXTREMES,
)
def extremes_are_low(tables: Tables) -> Verdict:
    """The level is higher at some middle mask ratio than at the lowest and the highest."""
    cases: dict[str, int] = {}
    for row in tables["hierarchy_cases"]:
        if row["role"] == "shared":
            cases[row["case"]] = min(cases.get(row["case"], row["level"]), row["level"])
    return judged(
        readings(tables["hierarchy_levels"]),
        EXTREMES,
        needs="Levels at three mask ratios or more are needed: add some to the recipe.",
        evidence={f"level_{case}": level for case, level in cases.items()},
        note=f"Fig. 4's own masks: {', '.join(f'{case} {n}' for case, n in cases.items())}.",
    )


def _above_the_lowest(cells: Cells) -> list[bool]:
    return [place > 0 for place in range(len(cells))]


UNITS = _level(
    Rise(),
    "unit_level",
    "level gained from the smallest mask unit to the largest, less the largest step down",
)
RATIOS = _level(
    Lead(_above_the_lowest),
    "mask_ratio",
    "level gained from the lowest mask ratio to the best higher one",
)


@judge("kong.small_units", kinds=("hierarchy_levels",), figure="hierarchy_levels", contrast=UNITS)
def larger_units_and_ratios_are_higher(tables: Tables) -> Verdict:
    """The level rises with the mask unit, step by step, and some mask ratio is above the lowest.

    Both are claimed: units are compared at each mask ratio, ratios with each unit. Overly small are
    the smallest unit and the lowest ratio of the tables. Very high ratios are low again
    (`kong.fig4.extremes`).
    """
    rows = readings(tables["hierarchy_levels"])
    units, ratios = ([{**row, "measure": name} for row in rows] for name in ("units", "ratios"))
    return judged(
        rows,
        Joined([Evidence(units, UNITS), Evidence(ratios, RATIOS)]),
        needs="Levels of two mask units or more, and at two mask ratios or more, are needed: add "
        "some to the recipe.",
        note="Measure: what is compared, mask units or mask ratios.",
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
