"""Judge of App. B: for which masks the linear approximation of a non-linear network holds."""

from math import isfinite, nan

from spatial_mae.claims.engine import PERCENT, Combined, Contrast, Evidence
from spatial_mae.claims.jacobian_rows import counted, median_of, number
from spatial_mae.claims.judged import judged, left_out, sentences
from spatial_mae.claims.nearness import Largest
from spatial_mae.claims.noise import known_error, own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Rows, Tables

# Valid: the predicted loss is within a tenth of the measured one.
VALID = 0.1
# Small mask ratios hide at most a tenth of the patches, large ones at least half.
SMALL, LARGE = 0.1, 0.5
# Lemma 6 is about linear functionals, not about networks.
OF_FUNCTIONALS = 6


def _off_by(margin: float, where: str, why: str) -> Contrast:
    return Contrast(
        Largest(margin),
        ("mask_ratio",),
        f"at mask ratios {where} the predicted loss is off by",
        least=0.0,
        why=why,
        unit=PERCENT,
        repeat=None,
        error=own_error,
    )


AT_SMALL = _off_by(VALID, f"up to {SMALL:g}", "valid: within a tenth of the measured loss")
AT_LARGE = _off_by(-VALID, f"from {LARGE:g}", "not valid: off by more than a tenth")


@judge("taylor", kinds=("taylor", "masked_loss"), figure="taylor", either=True, contrast=AT_LARGE)
def valid_for_small_masks_only(tables: Tables) -> Verdict:
    """The expansion predicts the loss at every small mask ratio and at some large one does not.

    Lemmas 4 and 5, of the toy network and of trained ones: each network is a case, its noise that
    of the drawn masks. Lemma 6, of a readout that is not linear, is in the note only.
    """
    toy = _errors([{**row, "network": "toy"} for row in tables.get("taylor", ())])
    everything = _errors(counted(tables.get("masked_loss", ())))
    trained = [row for row in everything if row["lemma"] != OF_FUNCTIONALS]
    small, large = _sides(toy + trained)
    return judged(
        toy + trained,
        Combined([Evidence(small, AT_SMALL), Evidence(large, AT_LARGE)]),
        needs=f"The Taylor tables need mask ratios of at most {SMALL:g} and of at least {LARGE:g}.",
        scale=(lambda _: mark(trained)) if trained else None,
        short=(lambda _: in_short(trained)) if trained else None,
        evidence=median_of("error_at_small_m", small) | median_of("error_at_large_m", large),
        note=sentences(
            "Noise: of the drawn masks; seeds of a trained network are averaged.",
            _variances(trained),
            _functionals(everything),
            left_out(tables.get("masked_loss", ())),
        ),
    )


def _errors(rows: Rows) -> list[Row]:
    """The relative error of each predicted loss as `value`, and its standard error."""
    return [{**row, "value": _error(row), "standard_error": _noise(row)} for row in rows]


def _error(row: Row, of: str = "") -> float:
    """|predicted - measured| / |measured|, of a loss or of a part of it; NaN where unknown."""
    predicted, measured = (number(row.get(name + of)) for name in ("predicted", "measured"))
    return abs(predicted - measured) / abs(measured) if measured else nan


def _noise(row: Row) -> float:
    """The standard error of the relative error, to first order in that of the measured loss."""
    predicted, measured = number(row.get("predicted")), number(row.get("measured"))
    return known_error(row) * abs(predicted) / measured**2 if measured else nan


def _sides(rows: Rows) -> tuple[list[Row], list[Row]]:
    small = [row for row in rows if 0 < row["mask_ratio"] <= SMALL]
    return small, [row for row in rows if row["mask_ratio"] >= LARGE]


def _validity(rows: Rows) -> str:
    """How often the expansion is valid on either side. rows: relative errors as `value`."""
    found = [f"{sum(r['value'] <= VALID for r in side)} of {len(side)}" for side in _sides(rows)]
    return (
        f"within {VALID:.0%} of what was measured: {found[0]} with m at most {SMALL:g}, "
        f"{found[1]} with m at least {LARGE:g}."
    )


def _variances(rows: Rows) -> str:
    """How often the variance over masks is predicted: a large bias would hide that in the loss."""
    alone = [{**row, "value": _error(row, "_variance")} for row in rows]
    known = [row for row in alone if isfinite(row["value"])]
    what = "The variance over masks alone, in trained networks:"
    return f"{what} {_validity(known)}" if known else ""


def _functionals(rows: Rows) -> str:
    """How often Lemma 6, exact for linear functionals, is valid for a network's class token."""
    read = [row for row in rows if row["lemma"] == OF_FUNCTIONALS]
    what = "Lemma 6 of the trained networks' class token, which is no linear functional:"
    return f"{what} {_validity(read)}" if read else ""
