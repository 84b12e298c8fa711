"""Judges of networks trained with labels only (App. D)."""

from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import full_scale, mark
from spatial_mae.claims.seeds import across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import FAILS, HOLDS, Verdict, not_run
from spatial_mae.claims.wording import describe_data
from spatial_mae.tables.repeats import mean, standard_error
from spatial_mae.tables.rows import Row, Rows, Tables, by
from spatial_mae.tables.runs import completed

# The paper's plateau, 83 to 84%, rounded.
LOWEST, HIGHEST = 0.825, 0.845
# The paper compares 20 layers with 12.
DEPTHS = 12 / 20


@judge("sup.20lt12", kinds=("supervised",), figure="supervised_baseline")
def deepest_is_worse(tables: Tables) -> Verdict:
    """The deepest network is less accurate than the one nearest to 12/20 of its depth."""
    rows = _scored(tables["supervised"])
    return judged(
        across_seeds(rows, _deepest_is_worse, ("enc",), standard_error),
        rows,
        needs="the tables of supervised networks hold no two depths in one setting of completed "
        "runs: add depths",
        size="accuracy_lost_by_the_deepest",
        note=sentences(_depths(rows), left_out(tables["supervised"])),
    )


def _scored(rows: Rows) -> list[Row]:
    """Completed runs, their accuracy as `value`; that all blocks are trained is no choice."""
    return [{**row, "value": row["accuracy"], "blocks": None} for row in completed(rows)]


def _compared(rows: Rows) -> tuple[int, int]:
    depths = list(by(rows, "enc"))
    return min(depths[:-1], key=lambda depth: abs(depth - DEPTHS * depths[-1])), depths[-1]


def _deepest_is_worse(rows: Rows) -> tuple[bool, float] | None:
    groups = by(rows, "enc")
    if len(groups) < 2:
        return None
    middle, deepest = _compared(rows)
    loss = mean(groups[middle], "value") - mean(groups[deepest], "value")
    return loss > 0, loss


def _depths(rows: Rows) -> str:
    if len(by(rows, "enc")) < 2:
        return ""
    middle, deepest = _compared(rows)
    return f"Deepest against middle: {deepest} and {middle} blocks (the paper: 20 and 12)."


@judge("sup.only", kinds=("supervised",), figure="supervised_baseline")
def plateau_of_supervised_accuracy(tables: Tables) -> Verdict:
    """The best supervised accuracy is 83 to 84%: compared at the paper's scale only."""
    rows = _scored(tables["supervised"])
    large = [row for row in rows if full_scale(row)]
    if not large:
        best = max((row["value"] for row in rows), default=None)
        found = "No run completed" if best is None else f"{mark(rows)}: best accuracy {best:.1%}"
        return not_run(f"a number of the paper's scale, not run here. {found}.")
    best = max(mean(group, "value") for group in by(large, "enc").values())
    verdict = HOLDS if LOWEST <= best <= HIGHEST else FAILS
    text = f"{mark(large)}: best accuracy {best:.1%} (the paper: 83 to 84%)."
    n = min(row["n_train"] for row in large)
    return Verdict(verdict, text, {"accuracy_best": best}, n, describe_data(large))
