"""Judges of the numbers that Kong et al. (2023) print, and of what contradicts itself in them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import sqrt

from spatial_mae.claims.conditions import Outcome, exceeds
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark_second, values
from spatial_mae.claims.seeds import across_seeds, judged, sentences
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    NOT_RUN,
    NOT_TESTABLE,
    Verdict,
    not_run,
)
from spatial_mae.claims.wording import describe_data
from spatial_mae.papers.printed import COUPLED, IMAGE_SIZE, UNITS, printed_rows
from spatial_mae.tables.repeats import mean, standard_error
from spatial_mae.tables.rows import Row, Rows, Tables, by, groups
from spatial_mae.tables.runs import completed, last, probes

# The paper's networks: ViT-B, 800 epochs, patches of 8 pixels where mask units are larger.
WIDTH, EPOCHS, PATCH, IMAGES = 768, 800, 8, 1_200_000
# A printed number is met within so many points, or two standard errors if they are more.
POINTS = 1.0
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


def compare(tables: Tables, kind: str, printed: Sequence[Row]) -> Verdict:
    """Our numbers against one printed row's; not run but at its mask and the paper's scale."""
    rows, place = completed(tables[kind]), printed[0]
    same = {c: [row for row in own if _same(row, place)] for c, own in _columns(rows).items()}
    found = {column: own for column, own in same.items() if own}
    wanted = {row["column"]: row["printed"] for row in printed if row["column"] in found}
    if not wanted:
        here = f"{values(rows, 'height')} pixels, width {_of(rows, 'model_width')}"
        return not_run(
            f"a printed number: needs images of {IMAGE_SIZE} pixels, width {WIDTH}, {EPOCHS} "
            f"epochs, m = {place['mask']:g}, mask unit {place['unit_pixels']} pixels, "
            f"{_patches(place)}; here {here}, {_of(rows, 'pretrain_epochs', 'epochs')} epochs"
        )
    gaps = {c: 100 * mean(found[c], "value") - value for c, value in wanted.items()}
    absent = [row["column"] for row in printed if row["column"] not in found]
    met = [c for c, gap in gaps.items() if abs(gap) <= max(POINTS, 200 * _error(found[c]))]
    whole = len(met) == len(gaps) and not absent
    verdict = HOLDS if whole else CONDITIONAL if met else FAILS
    said = ", ".join(f"{c} {wanted[c] + gap:.2f} (printed {wanted[c]})" for c, gap in gaps.items())
    rest = f" Not measured: {', '.join(absent)}." if absent else ""
    near = f"Within {POINTS:g} point or two standard errors: {', '.join(met) or 'none'}."
    text = f"{near} Here {said}.{rest}"
    used = [row for group in found.values() for row in group]
    evidence = {f"difference_{c}": gap for c, gap in gaps.items()}
    return Verdict(verdict, text, evidence, data=describe_data(used))


def _columns(rows: Rows) -> dict[str, list[Row]]:
    """Rows by the printed column they answer."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        column = SETS.get(row.get("shifted")) if row["metric"] == "accuracy" else None
        if row.get("initialisation") == "pretrained":
            column = PRECISION.get(row["metric"])
        if column:
            found.setdefault(column, []).append(row)
    return found


def _same(row: Row, place: Row) -> bool:
    """Whether a row's network and mask are those of a printed row."""
    patch = row["unit"] == 1 if place["block"] == COUPLED else row["patch"] == PATCH
    mask = (row["mask"], row["patch"] * row["unit"]) == (place["mask"], place["unit_pixels"])
    large = row.get("height") == IMAGE_SIZE and (row.get("model_width") or 0) >= WIDTH
    large = large and (row.get("pretrain_n_train") or 0) >= IMAGES
    pretrained = row.get("pretrain_epochs") or row.get("epochs") or 0
    return patch and mask and large and pretrained >= EPOCHS


def _patches(place: Row) -> str:
    return "patch = unit" if place["block"] == COUPLED else f"patch {PATCH}"


def _of(rows: Rows, *columns: str) -> str:
    there = [c for c in columns if any(row.get(c) is not None for row in rows)]
    return values(rows, there[0]) if there else "unknown"


def _error(rows: Rows) -> float:
    """Of the mean over seeds: their standard error, and the images'."""
    own = [row["standard_error"] for row in rows if row.get("standard_error") is not None]
    scores = [row["value"] for row in rows]
    spread = (
        sqrt(sum((v - mean(rows, "value")) ** 2 for v in scores) / (len(scores) - 1) / len(scores))
        if len(scores) > 1
        else 0.0
    )
    return max([spread, *own])


for _table, (_kind, _figure) in MEASURED.items():
    for (_identity,), _printed in groups(printed_rows(_table), "identity").items():
        judge(_identity, kinds=(_kind,), figure=_figure)(
            partial(compare, kind=_kind, printed=_printed)
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
        if (row["shifted"], row["metric"]) == ("own", "accuracy")
    ]
    rows = last(probes(tables.get("evaluation", ()))) or last(own)
    rows = [row for row in rows if row["mask"] == FIXED]
    outcomes: list[Outcome] = []
    for axis in ("unit", "patch"):
        outcomes += across_seeds(rows, _falls_at_the_end(axis), (axis,), standard_error)
    found = judged(outcomes, rows, needs="", size="fall_at_the_largest_unit", scale=mark_second)
    if found.verdict == NOT_RUN:
        return Verdict(
            NOT_TESTABLE, sentences(contradiction, "No probes here decide between them.")
        )
    text = f"{contradiction} The fall, in this study: {found.conditions}"
    return Verdict(found.verdict, text, found.evidence, found.n, found.data)


def _printed_units(table: int) -> dict[int, float]:
    rows = [row for row in printed_rows(table) if row["block"] in (UNITS, COUPLED)]
    return {row["unit_pixels"]: row["printed"] for row in rows if row["column"] == "IN1K"}


def _series(numbers: Mapping[int, float]) -> str:
    return ", ".join(f"{value} ({unit} pixels)" for unit, value in sorted(numbers.items()))


def _falls_at_the_end(axis: str) -> Callable[[Rows], tuple[bool, float] | None]:
    """Accuracy of the last of at least three values of `axis` below that of the one before."""

    def effect(rows: Rows) -> tuple[bool, float] | None:
        heights = [mean(group, "value") for group in by(rows, axis).values()]
        return exceeds(heights[-2], heights[-1]) if len(heights) > 2 else None

    return effect


@judge("kong.t1.vs_t3_16", kinds=())
def one_setting_two_numbers(tables: Tables) -> Verdict:
    """Table 1 prints two numbers for one setting: what differs by less is not resolved there."""
    twice = [
        row["printed"]
        for row in printed_rows(1)
        if (row["mask"], row["unit_pixels"], row["column"]) == (FIXED, 16, "IN1K")
    ]
    gap = max(twice) - min(twice)
    return Verdict(
        NOT_TESTABLE,
        f"One setting (m = {FIXED:g}, unit 16) is printed twice in Table 1, with "
        f"{' and '.join(f'{value:g}' for value in twice)}: whatever differs by less than {gap:.2f} "
        "points is not resolved by it. Its two sweeps may have used different patches of the ViT "
        "(Table 4 repeats the first number for patches of 16 pixels).",
    )
