"""Judges of the numbers that Kong et al. (2023) print, and of what contradicts itself in them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from spatial_mae.claims.engine import Combined, Contrast, Evidence, Unit
from spatial_mae.claims.gates import learned
from spatial_mae.claims.judged import judged
from spatial_mae.claims.noise import accuracy_error, finite
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second, values
from spatial_mae.claims.shapes import Above, Mean, named
from spatial_mae.claims.verdict import CONDITIONAL, HOLDS, NOT_RUN, NOT_TESTABLE, TOO_SMALL, Verdict
from spatial_mae.papers.printed import COUPLED, IMAGE_SIZE, UNITS, printed_rows
from spatial_mae.tables.rows import Row, Rows, Tables, by, groups
from spatial_mae.tables.runs import completed, last, once, probes
from spatial_mae.tables.settings import settings

# The paper's networks: ViT-B, 800 epochs, patches of 8 pixels where mask units are larger.
WIDTH, EPOCHS, PATCH, IMAGES = 768, 800, 8, 1_200_000
# The mask ratio at which mask units vary.
FIXED = 0.75
# Table -> the kind of experiment that measures it, its figure, and a row's column as printed.
MEASURED = {
    1: ("robustness", "table_robustness"),
    4: ("robustness", "table_robustness"),
    3: ("detection", "table_detection"),
    5: ("detection", "table_detection"),
}
SETS = {"own": "IN1K", "imagenet_v2": "INv2", "objectnet": "OJN", "imagenet_r": "INR"}
SETS |= {"imagenet_a": "INA", "imagenet_sketch": "INS"}
PRECISION = {"box_ap": "APbox", "mask_ap": "APmask"}


PRINTED = Contrast(
    Mean(0.01),
    (),
    "distance from the printed numbers",
    least=0,
    why="one point: two prints of one setting differ by 1.55",
    error=lambda row: row["error"],
    unit=Unit("points", 100),
)


RULE = "Our numbers are the printed ones, at the printed mask and the paper's scale."


def compare(tables: Tables, kind: str, printed: Sequence[Row]) -> Verdict:
    """Our numbers against one printed row's, at its mask and the paper's scale only.

    Of columns that were not measured nothing is known: it holds under conditions at best.
    """
    rows, place = once(completed(tables[kind])), printed[0]
    large = [row for row in rows if _large(row)]
    same = {c: [row for row in own if _placed(row, place)] for c, own in _columns(large).items()}
    wanted = {row["column"]: row["printed"] for row in printed if same.get(row["column"])}
    if not wanted:
        here = f"{values(rows, 'height')} pixels, width {_of(rows, 'model_width')}"
        return Verdict(
            TOO_SMALL if rows and not large else NOT_RUN,
            "No completed run here has the printed setting at the paper's scale.",
            f"Needs images of {IMAGE_SIZE} pixels, width {WIDTH}, {EPOCHS} epochs, m = "
            f"{place['mask']:g}, mask unit {place['unit_pixels']} pixels, {_patches(place)}; here "
            f"{here}, {_of(rows, 'pretrain_epochs', 'epochs')} epochs.",
        )
    used = [row for column in wanted for row in same[column]]
    finite(used, "value")
    sides = [
        Evidence([_gap(r, c, wanted[c], sign) for c in wanted for r in same[c]], PRINTED)
        for sign in (1, -1)
    ]
    absent = [row["column"] for row in printed if row["column"] not in wanted]
    note = f"Not measured: {', '.join(absent)}." if absent else ""
    found = judged(used, Combined(sides), "", scale=mark_second, short=in_short, note=note)
    if not absent or found.verdict != HOLDS:
        return found
    return replace(
        found, verdict=CONDITIONAL, sentence=f"{', '.join(wanted)} only: {found.sentence}"
    )


def _gap(row: Row, column: str, printed: float, sign: int) -> Row:
    """A row with its distance from a printed number of percent as `value`."""
    error = row.get("standard_error") or accuracy_error(row)
    gap = sign * (row["value"] - printed / 100)
    return {**row, "measure": column, "shifted": None, "metric": None, "value": gap, "error": error}


def _columns(rows: Rows) -> dict[str, list[Row]]:
    """Rows by the printed column they answer."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        column = SETS.get(row.get("shifted")) if row.get("metric") == "accuracy" else None
        if row.get("initialisation") == "pretrained":
            column = PRECISION.get(row.get("metric"))
        if column:
            found.setdefault(column, []).append(row)
    return found


def _large(row: Row) -> bool:
    """Whether a row's network is of the paper's scale."""
    wide = row.get("height") == IMAGE_SIZE and (row.get("model_width") or 0) >= WIDTH
    pretrained = row.get("pretrain_epochs") or row.get("epochs") or 0
    return wide and (row.get("pretrain_n_train") or 0) >= IMAGES and pretrained >= EPOCHS


def _placed(row: Row, place: Row) -> bool:
    """Whether a row's patches and mask are those of a printed row."""
    patch = row["unit"] == 1 if place["block"] == COUPLED else row["patch"] == PATCH
    mask = (row["mask"], row["patch"] * row["unit"])
    return patch and mask == (place["mask"], place["unit_pixels"])


def _patches(place: Row) -> str:
    return "patch = unit" if place["block"] == COUPLED else f"patch {PATCH}"


def _of(rows: Rows, *columns: str) -> str:
    there = [c for c in columns if any(row.get(c) is not None for row in rows)]
    return values(rows, there[0]) if there else "unknown"


for _table, (_kind, _figure) in MEASURED.items():
    for (_identity,), _printed in groups(printed_rows(_table), "identity").items():
        judge(_identity, kinds=(_kind,), figure=_figure, contrast=PRINTED, rule=RULE)(
            partial(compare, kind=_kind, printed=_printed)
        )


# Where the patch is the unit, its size is not a setting as well.
MADE_OF_ONE = {"measure": "patch = unit", "patch": None}
FALL = Contrast(
    Above(named("next"), named("largest")),
    ("unit",),
    "accuracy lost from the second largest mask unit to the largest",
    least=0.01,
    why="one point; the printed tables differ by 18",
    error=accuracy_error,
)


@judge("kong.t1.text_conflict", kinds=())
def text_against_table(tables: Tables) -> Verdict:
    """The text's fall at the largest mask unit against Tables 1 and 4, and against our probes.

    Without probes of three mask units only the printed numbers contradict each other.
    """
    table_1, table_4 = (_printed_units(table) for table in (1, 4))
    contradiction = (
        f"Printed numbers contradict each other: the text says that accuracy falls at the largest "
        f"of three mask units, Table 1 has {_series(table_1)} and rises, Table 4, where the patch "
        f"is the unit, has {_series(table_4)} and falls."
    )
    own = [
        {**row, "representation": None}
        for row in completed(tables.get("robustness", ()))
        if (row.get("shifted"), row.get("metric")) == ("own", "accuracy")
    ]
    rows = last(probes(tables.get("evaluation", ()))) or last(once(own))
    sized = {axis: _sized(rows, axis) for axis in ("unit", "patch")}
    if not any(sized.values()):
        text = "Table 1 contradicts the text and Table 4; no probes here decide between them."
        return Verdict(NOT_TESTABLE, text, contradiction)
    table = tables.get("evaluation", ())
    kept = {axis: learned(found, table, (axis,)) for axis, found in sized.items()}
    return judged(
        [row for axis, (found, _) in kept.items() for row in _ends(found, axis)],
        FALL,
        "No seed has the two largest mask units in one setting.",
        scale=mark_second,
        short=in_short,
        gate="; ".join(dict.fromkeys(gate for _, gate in kept.values() if gate)),
        note=contradiction,
    )


def _sized(rows: Rows, axis: str) -> list[Row]:
    """At mask ratio 0.75 the settings with three sizes of the unit, or of patches that are it."""
    fixed = [row for row in rows if row["mask"] == FIXED and (axis == "unit" or row["unit"] == 1)]
    found = settings(fixed, (axis,)).values()
    return [row for group in found if len(by(group, axis)) > 2 for row in group]


def _ends(rows: Rows, axis: str) -> list[Row]:
    """The last two sizes of each setting, under `unit`; how they are made is the `measure`."""
    found = []
    for group in settings(rows, (axis,)).values():
        levels = by(group, axis)
        names = dict(zip(list(levels)[-2:], ("next", "largest"), strict=True))
        made = {"measure": "patch fixed"} if axis == "unit" else MADE_OF_ONE
        found += [{**r, **made, "unit": name} for size, name in names.items() for r in levels[size]]
    return found


def _printed_units(table: int) -> dict[int, float]:
    rows = [row for row in printed_rows(table) if row["block"] in (UNITS, COUPLED)]
    return {row["unit_pixels"]: row["printed"] for row in rows if row["column"] == "IN1K"}


def _series(numbers: Mapping[int, float]) -> str:
    return ", ".join(f"{value} ({unit} pixels)" for unit, value in sorted(numbers.items()))


@judge("kong.t1.vs_t3_16", kinds=())
def one_setting_two_numbers(tables: Tables) -> Verdict:
    """Table 1 prints two numbers for one setting: what differs by less is not resolved there."""
    twice = [
        row["printed"]
        for row in printed_rows(1)
        if (row["mask"], row["unit_pixels"], row["column"]) == (FIXED, 16, "IN1K")
    ]
    gap = max(twice) - min(twice)
    numbers = " and ".join(f"{value:g}" for value in twice)
    return Verdict(
        NOT_TESTABLE,
        f"One setting is printed with {numbers}: nothing below {gap:.2f} points is resolved.",
        f"m = {FIXED:g}, unit 16, twice in Table 1. Its two sweeps may have used different patches "
        "of the ViT (Table 4 repeats the first number for patches of 16 pixels).",
    )
