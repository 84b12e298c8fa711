"""Judges of reconstructions with nothing hidden (Kong et al. 2023, Sec. 3.1)."""

from collections.abc import Sequence

from spatial_mae.claims.conditions import Outcome, exceeds, rises
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark_second
from spatial_mae.claims.seeds import across_seeds, across_units, judged, left_out
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import end_means, means_error
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import completed, last, once, with_unit

STRUCTURE, PIXELS = ("ssim", "fsim"), ("psnr", "mse")
# The paper's structure rises up to this mask ratio, and its extremely high ratio.
TURN, EXTREME = 0.75, 0.9


@judge("kong.ssim", kinds=("unmasked",), figure="unmasked_reconstruction")
def structure_rises_with_the_ratio(tables: Tables) -> Verdict:
    """SSIM and FSIM rise with the mask ratio up to 0.75, with no step down."""
    rows = [row for row in _rows(tables, STRUCTURE) if row["mask"] <= TURN]
    return _verdict(
        tables,
        rows,
        across_seeds(rows, rises("mask"), ("mask",), means_error),
        needs=f"SSIM or FSIM at two mask ratios up to {TURN}, in one setting of completed runs",
        size="rise_of_structure_along_m",
    )


@judge("kong.recon.extreme", kinds=("unmasked",), figure="unmasked_reconstruction")
def the_extreme_ratio_keeps_pixels(tables: Tables) -> Verdict:
    """PSNR and the negative MSE are higher at mask ratio 0.9 than at 0.75."""
    rows = [row for row in _rows(tables, PIXELS) if row["mask"] in (TURN, EXTREME)]
    return _verdict(
        tables,
        rows,
        across_seeds(rows, rises("mask"), ("mask",), means_error),
        needs=f"PSNR or MSE at mask ratios {TURN} and {EXTREME}, in one setting of completed runs",
        size="rise_of_pixel_quality",
    )


@judge("kong.recon.units", kinds=("unmasked",), figure="unmasked_reconstruction")
def units_trade_pixels_for_structure(tables: Tables) -> Verdict:
    """With the mask unit SSIM and FSIM rise, PSNR and the negative MSE fall; ends compared.

    Units of several patches of one size, and single patches of several sizes, are settings apart.
    """
    rows = _rows(tables, (*STRUCTURE, *PIXELS))
    return _verdict(
        tables,
        rows,
        across_units(rows, _trades, means_error),
        needs="two sizes of mask units in pixels, in one setting of completed runs",
        size="change_in_the_stated_direction",
    )


def _rows(tables: Tables, metrics: Sequence[str]) -> list[Row]:
    """After the last epoch; the error with its sign turned."""
    rows = last(once(completed(tables["unmasked"])))
    return [
        row | {"value": -row["value"] if row["metric"] == "mse" else row["value"]}
        for row in rows
        if row["metric"] in metrics
    ]


def _trades(rows: Rows) -> tuple[bool, float] | None:
    """The last against the first size: up for structure, down for pixels."""
    if (found := end_means(with_unit(rows), "unit_pixels")) is None:
        return None
    first, final = found
    return exceeds(final, first) if rows[0]["metric"] in STRUCTURE else exceeds(first, final)


def _verdict(
    tables: Tables, rows: Rows, outcomes: Sequence[Outcome], needs: str, size: str
) -> Verdict:
    return judged(
        outcomes,
        rows,
        needs=f"the tables of whole images' reconstructions need {needs}",
        size=size,
        note=left_out(tables["unmasked"]),
        scale=mark_second,
    )
