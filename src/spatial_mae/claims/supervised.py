"""Judges of networks trained with labels only (App. D)."""

from spatial_mae.claims.engine import Combined, Contrast, Evidence
from spatial_mae.claims.gates import learned
from spatial_mae.claims.judged import judged, left_out, sentences
from spatial_mae.claims.noise import accuracy_error, finite
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import full_scale, in_short, mark
from spatial_mae.claims.shapes import Above, Mean, named
from spatial_mae.claims.verdict import TOO_SMALL, Verdict, not_run
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, by
from spatial_mae.tables.runs import completed
from spatial_mae.tables.settings import settings

# The paper's plateau, 83 to 84%, rounded: 82.5 to 84.5%.
PLATEAU, WIDTH = 0.835, 0.01
# The paper compares 20 layers with 12.
DEPTHS = 12 / 20
DEEPEST = Contrast(
    Above(named("middle"), named("deepest")),
    ("enc",),
    "accuracy lost by the deepest network",
    least=0.01,
    why="one point: less is no reason to choose a depth",
    error=accuracy_error,
)


@judge("sup.20lt12", kinds=("supervised",), figure="supervised_baseline", contrast=DEEPEST)
def deepest_is_worse(tables: Tables) -> Verdict:
    """The deepest network is less accurate than the one nearest to 12/20 of its depth."""
    rows = _scored(tables["supervised"])
    compared = [group for group in settings(rows, ("enc",)).values() if len(by(group, "enc")) > 1]
    kept, gate = learned([row for group in compared for row in _compared(group)], (), ("enc",))
    return judged(
        kept,
        DEEPEST,
        "The tables of supervised networks hold no two depths in one setting of completed runs: "
        "add depths.",
        scale=mark,
        short=in_short,
        gate=gate,
        note=sentences(*dict.fromkeys(map(_depths, compared)), left_out(tables["supervised"])),
    )


def _scored(rows: Rows) -> list[Row]:
    """Completed runs, their accuracy as `value`; that all blocks are trained is no choice.

    Raises Undecidable for an accuracy that is not finite.
    """
    done = completed(rows)
    finite(done, "accuracy")
    return [{**row, "value": row["accuracy"], "blocks": None} for row in done]


def _two(rows: Rows) -> tuple[int, int]:
    depths = list(by(rows, "enc"))
    return min(depths[:-1], key=lambda depth: abs(depth - DEPTHS * depths[-1])), depths[-1]


def _compared(rows: Rows) -> list[Row]:
    names = dict(zip(_two(rows), ("middle", "deepest"), strict=True))
    return [{**row, "enc": names[row["enc"]]} for row in rows if row["enc"] in names]


def _depths(rows: Rows) -> str:
    middle, deepest = _two(rows)
    return f"Deepest against middle: {deepest} and {middle} blocks (the paper: 20 and 12)."


NEAR_PLATEAU = Contrast(
    Mean(WIDTH),
    (),
    "distance of the best accuracy from the paper's 83.5%",
    least=0,
    why="the paper's 83 to 84%, rounded",
    error=lambda row: accuracy_error({**row, "value": row["accuracy"]}),
)


@judge("sup.only", kinds=("supervised",), figure="supervised_baseline", contrast=NEAR_PLATEAU)
def plateau_of_supervised_accuracy(tables: Tables) -> Verdict:
    """The best supervised accuracy is 83 to 84%: compared at the paper's scale only.

    The best: of all settings, such as depths, the one with the highest mean over seeds.
    """
    rows = _scored(tables["supervised"])
    if not rows:
        return not_run("No supervised run completed.")
    large = [row for row in rows if full_scale(row)]
    if not large:
        best = max(row["value"] for row in rows)
        return Verdict(
            TOO_SMALL,
            f"A number of the paper's scale; the best accuracy here is {best:.1%}.",
            f"{mark(rows)}.",
            scale=in_short(rows),
        )
    best = max(settings(large).values(), key=lambda group: mean(group, "value"))
    sides = [
        [{**row, "value": sign * (row["value"] - PLATEAU)} for row in best] for sign in (1, -1)
    ]
    both = Combined([Evidence(side, NEAR_PLATEAU) for side in sides])
    return judged(best, both, "", scale=mark, short=in_short)
