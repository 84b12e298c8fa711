"""Judges of reconstructions with nothing hidden (Kong et al. 2023, Sec. 3.1)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log, log10, nan

from spatial_mae.claims.engine import PERCENT, PLAIN, Combined, Contrast, Evidence, Unit
from spatial_mae.claims.gates import beyond_untrained, gained, number, with_untrained
from spatial_mae.claims.judged import fitting, judged, left_out
from spatial_mae.claims.noise import own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second
from spatial_mae.claims.shapes import Above, Rise, named
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import completed, once, over_units, predicting

STRUCTURE, PIXELS = ("ssim", "fsim"), ("psnr", "mse")
# The paper's structure rises up to this mask ratio, and its extremely high ratio.
TURN, EXTREME = 0.75, 0.9
RATIOS = Contrast(
    Rise(),
    ("mask",),
    f"structural similarity rises along m up to {TURN} by",
    least=0.01,
    why="SSIM and FSIM are compared to two decimals",
    unit=PLAIN,
    error=own_error,
)
EXTREMES = Contrast(
    Above(named(EXTREME), named(TURN)),
    ("mask",),
    f"PSNR, and negative MSE in decibels, rise from m = {TURN} to {EXTREME} by",
    least=0.5,
    why="half a decibel: smaller differences of PSNR are not seen in images",
    unit=Unit("dB"),
    error=own_error,
)
UNITS = Contrast(
    Rise(),
    ("unit_pixels",),
    "the metrics change with the mask unit, structure up and pixels down, by",
    least=0.02,
    why="2%: half a decibel near 25 dB, or 0.02 of an SSIM near 1",
    unit=PERCENT,
    error=own_error,
    relative=True,
)
ADDED = replace(UNITS, says="what training adds to the metrics changes so by")


@judge("kong.ssim", kinds=("unmasked",), figure="unmasked_reconstruction", contrast=RATIOS)
def structure_rises_with_the_ratio(tables: Tables) -> Verdict:
    """SSIM and FSIM rise with the mask ratio up to 0.75, with no step down."""
    rows = [row for row in _rows(tables, STRUCTURE) if row["mask"] <= TURN]
    return _verdict(tables, rows, RATIOS, f"SSIM or FSIM at two mask ratios up to {TURN}")


@judge(
    "kong.recon.extreme", kinds=("unmasked",), figure="unmasked_reconstruction", contrast=EXTREMES
)
def the_extreme_ratio_keeps_pixels(tables: Tables) -> Verdict:
    """PSNR and the negative MSE are higher at mask ratio 0.9 than at 0.75."""
    rows = [row for row in _rows(tables, PIXELS) if row["mask"] in (TURN, EXTREME)]
    return _verdict(tables, rows, EXTREMES, f"PSNR or MSE at mask ratios {TURN} and {EXTREME}")


@judge("kong.recon.units", kinds=("unmasked",), figure="unmasked_reconstruction", contrast=UNITS)
def units_trade_pixels_for_structure(tables: Tables) -> Verdict:
    """With the mask unit SSIM and FSIM rise, PSNR and the negative MSE fall, step by step.

    So must their gain on the untrained network: with the patch size that one changes too.
    Units of several patches of one size, and single patches of several sizes, are settings apart.
    """
    rows = over_units(predicting(_rows(tables, (*STRUCTURE, *PIXELS))))
    needs = "two sizes of mask units in pixels, of networks without normalised targets"
    return _verdict(tables, rows, UNITS, needs)


def _rows(tables: Tables, metrics: Sequence[str]) -> list[Row]:
    """After the last epoch; the mean squared error in decibels, higher is better."""
    rows = [row for row in once(completed(tables["unmasked"])) if row["metric"] in metrics]
    return with_untrained([_decibels(row) if row["metric"] == "mse" else row for row in rows])


def _decibels(row: Row) -> Row:
    error = number(row["value"])
    if not error > 0:
        return {**row, "value": nan}
    spread = 10 / log(10) * own_error(row) / error
    return {**row, "value": -10 * log10(error), "standard_error": spread}


def _verdict(tables: Tables, rows: Rows, contrast: Contrast, needs: str) -> Verdict:
    kept, gate = gained(
        fitting(rows, contrast),
        beyond_untrained,
        contrast.free,
        reached="networks reconstruct better than untrained ones",
    )
    return judged(
        kept,
        _trade(kept) if contrast is UNITS else contrast,
        f"The tables of whole images' reconstructions need {needs}, in one setting of completed "
        "runs.",
        scale=mark_second,
        short=in_short,
        gate=gate,
        note=left_out(tables["unmasked"]),
    )


def _trade(rows: Rows) -> Combined:
    """The metrics, and their gains, in the direction that the statement claims."""
    values = _signed(rows, lambda row: row["value"]), _signed(rows, beyond_untrained)
    return Combined([Evidence(values[0], UNITS), Evidence(values[1], ADDED)])


def _signed(rows: Rows, value: Callable[[Row], float | None]) -> list[Row]:
    signs = [-1 if row["metric"] in PIXELS else 1 for row in rows]
    return [
        {**row, "value": sign * number(value(row))} for row, sign in zip(rows, signs, strict=True)
    ]
