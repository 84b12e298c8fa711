"""Judge of the boundary loss against the plain one (Kong et al. 2023, Sec. 3.6)."""

from collections.abc import Iterator
from math import sqrt
from statistics import fmean, stdev

from spatial_mae.claims.conditions import Outcome, relative
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark_second
from spatial_mae.claims.seeds import judged, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import by_seed, largest_n
from spatial_mae.tables.rows import Row, Rows, Tables, by, groups
from spatial_mae.tables.runs import BUDGET, last, probes
from spatial_mae.tables.settings import named, settings

# What a boundary width changes: itself, and the recipe that holds it.
FREE = ("training",)
# Columns of an evaluation that must agree for two trainings to differ in their loss alone.
ALIKE = ("epochs", *BUDGET)
FEWEST_SEEDS = 3
PAIRED = (
    "Judged by the linear probe at equal seeds: the mean difference must exceed two of its "
    "standard errors."
)


@judge("kong.boundary", kinds=("evaluation",), figure="boundary_loss")
def boundary_raises_the_probe(tables: Tables) -> Verdict:
    """With boundary pixels left out of the loss the probe is better at the same seed and budget."""
    rows = last(probes(tables["evaluation"]))
    rows = [row for row in rows if row.get("boundary_width") is not None]
    return judged(
        list(_outcomes(rows)),
        rows,
        needs=f"the evaluation tables need trainings with boundary_width 0 and above, at "
        f"{FEWEST_SEEDS} common seeds and otherwise equal recipes",
        size="gain_of_the_probe",
        note=sentences(PAIRED, left_out(tables["evaluation"])),
        scale=mark_second,
    )


def _outcomes(rows: Rows) -> Iterator[Outcome]:
    """One for each setting and width above 0."""
    for where, group in settings(rows, FREE).items():
        for budget in _budgets(group):
            widths = by(budget, "boundary_width")
            plain = by_seed(widths.pop(0, ()))
            for width, wide in widths.items():
                pairs = [
                    (row["value"], plain[seed]["value"])
                    for seed, row in by_seed(wide).items()
                    if seed in plain
                ]
                if len(pairs) >= FEWEST_SEEDS:
                    yield _outcome({**named(where), "boundary_width": width}, pairs, group)


def _outcome(where: dict, pairs: list[tuple[float, float]], rows: Rows) -> Outcome:
    gains = [left - plain for left, plain in pairs]
    error = stdev(gains) / sqrt(len(gains))
    resolved = abs(fmean(gains)) > 2 * error
    size = relative(fmean(left for left, _ in pairs), fmean(plain for _, plain in pairs))
    return Outcome(where, size > 0 if resolved else None, size, largest_n(rows), 2 * error)


def _budgets(rows: Rows) -> list[list[Row]]:
    """Rows of trainings that differ in their boundary alone."""
    return list(groups(rows, *ALIKE).values())
