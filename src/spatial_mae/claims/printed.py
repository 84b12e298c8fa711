"""Judges of the accuracies that Kong et al. (2023) print in Tables 1 and 4, and of their text."""

from collections.abc import Mapping
from functools import partial

from spatial_mae.claims.registry import judge, remark
from spatial_mae.claims.scale import mark_second
from spatial_mae.claims.tables import Row, Rows, Tables, by, describe_data, mean, settings
from spatial_mae.claims.trained import completed, means_error, sentences
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_TESTABLE, Verdict, not_run
from spatial_mae.printed import SETS, accuracies

SIDE, WIDTH, EPOCHS, IMAGES = 224, 768, 800, 1_200_000
POINTS = 1.0
"""Per cent: an accuracy within these, or two standard errors, is the printed one."""
FREE = {"decoupled": ("unit",), "coupled": ("patch",)}
"""What makes a larger mask unit: more patches, or a larger patch."""

PRINTED = accuracies()


def _accuracies(tables: Tables) -> list[Row]:
    """Completed accuracies, each with the side of its mask unit in pixels."""
    return [
        {**row, "unit_pixels": row["patch"] * row["unit"]}
        for row in completed(tables.get("robustness", ()))
        if row["metric"] == "accuracy"
    ]


def _printed_row(identity: str, tables: Tables) -> Verdict:
    """Each accuracy of the row is within one point or two standard errors of the printed one."""
    printed, rows = PRINTED[identity], _accuracies(tables)
    wanted = {"mask": printed.mask, "unit_pixels": printed.unit, "patch": printed.patch}
    same = [r for r in rows if _full_scale(r) and all(r[key] == v for key, v in wanted.items())]
    sets = by([row for row in same if row["shifted"] in SETS.values()], "shifted")
    if not sets:
        scale = f"{EPOCHS} epochs of ImageNet-1k at {SIDE} pixels, width {WIDTH}"
        found = f"This study: {mark_second(rows).lower()}." if rows else "No run completed."
        return not_run(
            f"a number of the paper's scale: m = {printed.mask:g}, mask unit {printed.unit} "
            f"pixels, patch {printed.patch}, {scale}. {found}"
        )
    numbers = {n: printed.numbers[n] for n in SETS if SETS[n] in sets}
    ours = {name: 100 * mean(sets[SETS[name]], "value") for name in numbers}
    near = {n: abs(ours[n] - numbers[n]) <= _allowed(sets[SETS[n]]) for n in numbers}
    texts = [f"{name} {ours[name]:.2f}, printed {numbers[name]:.2f}" for name in numbers]
    missing = [name for name in SETS if name not in numbers]
    note = f"Not measured: {', '.join(missing)}." if missing else ""
    verdict = FAILS if not any(near.values()) else HOLDS if all(near.values()) else CONDITIONAL
    verdict = CONDITIONAL if missing and verdict == HOLDS else verdict
    n = min((row["n_images"] for row in same if row.get("n_images")), default=None)
    text = f"{mark_second(same)}: {'; '.join(texts)} (per cent)."
    evidence = {f"accuracy_{name}": value for name, value in ours.items()}
    return Verdict(verdict, sentences(text, note), evidence, n, describe_data(same))


def _full_scale(row: Row) -> bool:
    least = {"model_width": WIDTH, "epochs": EPOCHS, "pretrain_n_train": IMAGES, "height": SIDE}
    return all((row.get(column) or 0) >= value for column, value in least.items())


def _allowed(rows: Rows) -> float:
    """In points. Of a mean over seeds on the same images: the error of one."""
    return max(POINTS, 200 * max(row["standard_error"] for row in rows))


for _identity in PRINTED:
    judge(_identity, kinds=("robustness",), figure="table_robustness")(
        partial(_printed_row, _identity)
    )


@remark("kong.t1.text_conflict")
def accuracy_at_the_largest_unit(tables: Tables) -> Verdict:
    """The text has the accuracy fall at 32 pixels: Table 4's does, Table 1's rises."""
    table1, table4 = (_printed_curve(number) for number in (1, 4))
    said = (
        "The text beside Table 1, that the accuracy decreases at 32 pixels, contradicts it: "
        f"{_curve(table1)}. It fits Table 4: {_curve(table4)}."
    )
    groups = [
        (where, kind, curve)
        for kind, rows in _by_coupling(_own(tables)).items()
        for where, curve in _curves(rows, FREE[kind])
    ]
    measured = [_side(*group) for group in groups]
    ours = f"This study: {'; '.join(measured)}." if measured else ""
    evidence = {f"last_step_{kind}_m{w['mask']:g}": _last_step(curve) for w, kind, curve in groups}
    data = describe_data(_own(tables)) if measured else ""
    return Verdict(NOT_TESTABLE, sentences(said, ours), evidence, None, data)


@remark("kong.t1.vs_t3_16")
def one_setting_with_two_values(tables: Tables) -> Verdict:
    """Table 1 prints m = 0.75 with units of 16 pixels twice, with different numbers."""
    first, second = (PRINTED[f"kong.t1.{row}"].numbers for row in (3, 6))
    pairs = ", ".join(f"{name} {first[name]:.2f} and {second[name]:.2f}" for name in SETS)
    text = (
        "Table 1 lists m = 0.75 with a unit of 16 pixels twice, with two values each: "
        f"{pairs}. The first row is also Table 4's at 16 pixels. No experiment decides which is "
        "meant: both are compared with."
    )
    return Verdict(NOT_TESTABLE, text)


def _printed_curve(table: int) -> dict[int, float]:
    """Printed accuracy on ImageNet-1k against the mask unit at m = 0.75, the last of several."""
    rows = [row for row in PRINTED.values() if (row.table, row.mask) == (table, 0.75)]
    return {row.unit: row.numbers["IN1K"] for row in rows}


def _own(tables: Tables) -> list[Row]:
    return [row for row in _accuracies(tables) if row["shifted"] == "own"]


def _by_coupling(rows: Rows) -> dict[str, list[Row]]:
    """Runs of one patch size with several units, and those whose patch is the unit."""
    return {"decoupled": list(rows), "coupled": [row for row in rows if row["unit"] == 1]}


def _curves(rows: Rows, free: tuple[str, ...]) -> list[tuple[dict, dict[int, Rows]]]:
    """Settings with at least three mask units, and the rows of each unit."""
    grouped = {key: by(group, "unit_pixels") for key, group in settings(rows, free).items()}
    return [(dict(key), curve) for key, curve in grouped.items() if len(curve) >= 3]


def _side(where: Mapping[str, object], kind: str, curve: dict[int, Rows]) -> str:
    *_, before, last = curve.values()
    least = max(means_error([*before, *last]) * max(r["value"] for r in [*before, *last]), 0.0)
    step = _last_step(curve)
    side = "unresolved" if abs(step) <= least else "rises" if step > 0 else "falls"
    points = {unit: 100 * mean(rows, "value") for unit, rows in curve.items()}
    return f"{kind}, m = {where['mask']:g}: {side} at the largest unit ({_curve(points)})"


def _last_step(curve: dict[int, Rows]) -> float:
    *_, before, last = (mean(rows, "value") for rows in curve.values())
    return last - before


def _curve(points: Mapping[int, float]) -> str:
    return ", ".join(f"{value:.2f} at {unit}" for unit, value in sorted(points.items()))
