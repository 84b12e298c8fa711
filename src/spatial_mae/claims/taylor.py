"""Judge of App. B: for which masks the linear approximation of a non-linear network holds."""

from spatial_mae.claims.conditions import decide, evaluate
from spatial_mae.claims.registry import judge
from spatial_mae.claims.tables import Row, Rows, Tables, by
from spatial_mae.claims.verdict import Verdict

# Valid: the predicted loss is within a tenth of the measured one.
VALID = 0.1
# Small mask ratios hide at most a tenth of the patches, large ones at least half.
SMALL, LARGE = 0.1, 0.5
# An error is an error only beyond two standard errors of the measured loss.
SIGMAS = 2.0


@judge("taylor", kinds=("taylor",), figure="taylor")
def valid_for_small_masks_only(tables: Tables) -> Verdict:
    """The expansion predicts the loss at every small mask ratio and at some large one does not."""
    rows = tables["taylor"]
    outcomes = evaluate(rows, _only_small, free=("mask_ratio",))
    return decide(
        outcomes,
        rows,
        needs="the Taylor table needs mask ratios of at most 0.1 and of at least 0.5",
        size="error_at_large_minus_at_small_m",
        evidence=_numbers(rows),
        note=_validity(rows),
    )


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
    counts = [f"{sum(not _invalid(r) for r in side)} of {len(side)}" for side in _sides(rows)]
    return (
        f"Within {VALID:.0%} of the measured loss: {counts[0]} with m at most {SMALL:g}, "
        f"{counts[1]} with m at least {LARGE:g}."
    )


def _numbers(rows: Rows) -> dict[str, float]:
    """The largest error on either side, and how many settings are valid there, lemma by lemma."""
    numbers: dict[str, float] = {}
    for lemma, members in by(rows, "lemma").items():
        for side, group in zip(("small", "large"), _sides(members), strict=True):
            if group:
                numbers[f"lemma_{lemma}_{side}_m_error_largest"] = max(map(_error, group))
                numbers[f"lemma_{lemma}_{side}_m_valid"] = sum(not _invalid(r) for r in group)
                numbers[f"lemma_{lemma}_{side}_m_settings"] = len(group)
    return numbers
