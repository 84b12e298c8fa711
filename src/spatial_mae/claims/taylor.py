"""Judge of App. B: for which masks the linear approximation of a non-linear network holds."""

from dataclasses import replace

from spatial_mae.claims.conditions import BETWEEN_NUMBERS, Outcome, decide, evaluate
from spatial_mae.claims.jacobian_rows import counted
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark
from spatial_mae.claims.seeds import BETWEEN_SEEDS, across_seeds, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.claims.wording import HOLDING, counts, share
from spatial_mae.tables.rows import Row, Rows, Tables, by

# Valid: the predicted loss is within a tenth of the measured one.
VALID = 0.1
# Small mask ratios hide at most a tenth of the patches, large ones at least half.
SMALL, LARGE = 0.1, 0.5
# An error is an error only beyond two standard errors of the measured loss.
SIGMAS = 2.0
# Lemma 6 is about linear functionals, not about networks.
OF_FUNCTIONALS = 6


@judge("taylor", kinds=("taylor", "masked_loss"), figure="taylor", either=True)
def valid_for_small_masks_only(tables: Tables) -> Verdict:
    """The expansion predicts the loss at every small mask ratio and at some large one does not.

    Lemmas 4 and 5, of the toy network and of trained ones. Lemma 6, of a readout that is not
    linear, is in the note only.
    """
    toy, everything = tables.get("taylor", ()), _trained(tables)
    trained = [row for row in everything if row["lemma"] != OF_FUNCTIONALS]
    of_toy = evaluate(toy, _only_small, free=("mask_ratio",))
    of_trained = across_seeds(trained, _only_small, ("mask_ratio",))
    verdict = decide(
        [*of_toy, *of_trained],
        [*toy, *trained],
        needs="the Taylor tables need mask ratios of at most 0.1 and of at least 0.5",
        size="error_at_large_minus_at_small_m",
        evidence={
            **_numbers(toy),
            **_numbers(everything, "trained_"),
            **counts("trained", of_trained, HOLDING),
        },
        note=sentences(
            _validity([*toy, *trained]),
            _joined(of_toy, of_trained),
            _variances(trained),
            _functionals(everything),
            left_out(tables.get("masked_loss", ())),
        ),
        noise=BETWEEN_SEEDS if of_trained else BETWEEN_NUMBERS,
    )
    if not of_trained:
        return verdict
    return replace(verdict, conditions=f"{mark(trained)}: {verdict.conditions}")


def _trained(tables: Tables) -> list[Row]:
    return counted(tables.get("masked_loss", ()), "predicted", "measured")


def _error(row: Row) -> float:
    """Relative error of the predicted loss."""
    return abs(row["predicted"] - row["measured"]) / abs(row["measured"])


def _invalid(row: Row) -> bool:
    gap = abs(row["predicted"] - row["measured"])
    return _error(row) > VALID and gap > SIGMAS * (row.get("standard_error") or 0.0)


def _sides(rows: Rows) -> tuple[list[Row], list[Row]]:
    small = [row for row in rows if 0 < row["mask_ratio"] <= SMALL]
    return small, [row for row in rows if row["mask_ratio"] >= LARGE]


def _only_small(rows: Rows) -> tuple[bool, float] | None:
    small, large = _sides(rows)
    if not small or not large:
        return None
    holds = not any(map(_invalid, small)) and any(map(_invalid, large))
    return holds, max(map(_error, large)) - max(map(_error, small))


def _validity(rows: Rows) -> str:
    """How often the expansion is valid on either side."""
    found = [f"{sum(not _invalid(r) for r in side)} of {len(side)}" for side in _sides(rows)]
    return (
        f"Within {VALID:.0%} of what was measured: {found[0]} with m at most {SMALL:g}, "
        f"{found[1]} with m at least {LARGE:g}."
    )


def _joined(of_toy: list[Outcome], of_trained: list[Outcome]) -> str:
    """The toy network's settings apart from those of trained ones, where there are both."""
    if not (of_toy and of_trained):
        return ""
    return (
        f"It holds for the toy network in {share(of_toy)}, for trained networks in "
        f"{share(of_trained)}."
    )


def _variances(rows: Rows) -> str:
    """How often the variance over masks is predicted: a large bias would hide that in the loss."""
    alone = [
        {**row, "predicted": row["predicted_variance"], "measured": row["measured_variance"]}
        for row in rows
        if row.get("measured_variance")
    ]
    what = "The variance over masks alone, in trained networks:"
    return f"{what} {_validity(alone).lower()}" if alone else ""


def _functionals(rows: Rows) -> str:
    """How often Lemma 6, exact for linear functionals, is valid for a network's class token."""
    read = [row for row in rows if row["lemma"] == OF_FUNCTIONALS]
    what = "Lemma 6 of the trained networks' class token, which is no linear functional:"
    return f"{what} {_validity(read).lower()}" if read else ""


def _numbers(rows: Rows, prefix: str = "") -> dict[str, float]:
    """The largest error on either side, and how many settings are valid there, lemma by lemma."""
    numbers: dict[str, float] = {}
    for lemma, members in by(rows, "lemma").items():
        for side, group in zip(("small", "large"), _sides(members), strict=True):
            if group:
                name = f"{prefix}lemma_{lemma}_{side}_m"
                numbers[f"{name}_error_largest"] = max(map(_error, group))
                numbers[f"{name}_valid"] = sum(not _invalid(r) for r in group)
                numbers[f"{name}_settings"] = len(group)
    return numbers
