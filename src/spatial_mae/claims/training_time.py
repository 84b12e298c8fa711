"""Judges of how long pretraining takes (Sec. 4.2)."""

from collections.abc import Iterator
from math import log
from statistics import fmean

from spatial_mae.claims.engine import PERCENT, TIMES, Contrast
from spatial_mae.claims.judged import CLOCK, judged, left_out, sentences
from spatial_mae.claims.noise import finite
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import full_scale, in_short, mark
from spatial_mae.claims.shapes import Above, Rise, named
from spatial_mae.claims.verdict import FAILS, HOLDS, TOO_SMALL, Verdict, not_run
from spatial_mae.claims.wording import describe_data
from spatial_mae.tables.rows import Row, Rows, Tables, by
from spatial_mae.tables.runs import PRETRAINING, completed, last
from spatial_mae.tables.settings import settings

SCALE = ("pixels", "n_images", "pretrain_n_train", "model_width")
SECONDS_PER_HOUR = 3600
# The paper's longest runs, in hours.
SHORTEST, LONGEST = 6, 10
SLOWER = Contrast(
    Rise(sign=-1),
    ("mask",),
    "time at the lowest mask ratio over that at the highest",
    least=log(1.1),
    why="a tenth of the time; the paper: 2.5 times from 0.9 to 0.1",
    unit=TIMES,
)


@judge("time.mask", kinds=("evaluation",), figure="masking_grid", contrast=SLOWER)
def less_masking_takes_longer(tables: Tables) -> Verdict:
    """Pretraining takes longer at every lower mask ratio; the paper: 2.5 times from 0.9 to 0.1."""
    return judged(
        [{**row, "value": log(row["value"])} for row in _runs(tables["evaluation"])],
        SLOWER,
        "The evaluation tables need two mask ratios in one setting of completed runs on one "
        "device, and `pretrain_seconds`.",
        scale=mark,
        short=in_short,
        note=sentences("The paper: 4 to 10 hours.", CLOCK, left_out(tables["evaluation"])),
    )


DEARER = Contrast(
    Above(named("decoder"), named("encoder")),
    ("measure",),
    "share of the whole time that a decoder layer adds beyond an encoder layer",
    least=0.01,
    why="a hundredth of the whole time: less is not seen in a figure of hours",
    unit=PERCENT,
)
WIDTHS = "A layer's time depends on its width: the paper's decoder is as wide as its encoder."


@judge("time.depth", kinds=("evaluation",), figure="depth_hours", contrast=DEARER)
def decoder_layers_cost_more(tables: Tables) -> Verdict:
    """A layer more of the decoder adds more time to pretraining than one more of the encoder.

    Time of a layer: from the fewest layers to the most, over their difference; the mean of all
    depths of the other side. It is a share of the mean time of all runs of its setting.
    """
    return judged(
        _times_of_layers(_runs(tables["evaluation"])),
        DEARER,
        "The evaluation tables need two encoder depths with one decoder, and two decoder depths "
        "with one encoder, in one setting of completed runs on one device, and `pretrain_seconds`.",
        scale=mark,
        short=in_short,
        note=sentences(WIDTHS, CLOCK, left_out(tables["evaluation"])),
    )


def _times_of_layers(rows: Rows) -> list[Row]:
    """Of each setting and seed the time of a layer of the encoder and of the decoder."""
    groups = settings(rows, ("enc", "dec")).values()
    return [layer for group in groups for layer in _layers(group)]


def _layers(group: Rows) -> Iterator[Row]:
    """A layer's time in one setting, as a share of the mean time of all its runs.

    The mean time of its layers would be no unit: it may be as small as its noise.
    """
    whole = fmean(row["value"] for row in group)
    for own in by(group, "seed").values():
        for name, axis, other in (("encoder", "enc", "dec"), ("decoder", "dec", "enc")):
            slopes = [_slope(line, axis) for line in by(own, other).values() if len(line) > 1]
            if slopes:
                value = fmean(slopes) / whole
                yield {**own[0], "enc": None, "dec": None, "measure": name, "value": value}


def _slope(rows: Rows, axis: str) -> float:
    """Seconds a layer, from the row with the fewest layers to that with the most."""
    first, *_, last = sorted(rows, key=lambda row: row[axis])
    return (last["value"] - first["value"]) / (last[axis] - first[axis])


def _runs(rows: Rows) -> list[Row]:
    """One row a completed run, with the time of its whole pretraining as `value`.

    Raises Undecidable for a time that is not finite.
    """
    timed = [row for row in last(completed(rows)) if row.get("pretrain_seconds")]
    finite(timed, "pretrain_seconds")
    runs = {tuple(row.get(key) for key in PRETRAINING): row for row in timed}
    return [
        {
            **{key: row.get(key) for key in (*PRETRAINING, "network", "epochs", *SCALE)},
            "machine": row.get("pretrain_device", row.get("device")),
            "value": row["pretrain_seconds"],
        }
        for row in runs.values()
    ]


@judge("hours", kinds=("evaluation",), figure="depth_hours")
def longest_run(tables: Tables) -> Verdict:
    """The longest pretraining takes 6 to 10 hours on a GPU: compared at the paper's scale only."""
    rows = _runs(tables["evaluation"])
    if not rows:
        return not_run("No run of the evaluation tables completed with a known time.")
    large = [row for row in rows if full_scale(row) and "cpu" not in str(row["machine"]).lower()]
    hours = max(row["value"] for row in large or rows) / SECONDS_PER_HOUR
    scale = in_short(large or rows)
    if not large:
        text = (
            f"A number of the paper's scale on a GPU; the longest run here took {hours:.2g} hours."
        )
        return Verdict(TOO_SMALL, text, f"{mark(rows)}.", scale=scale)
    devices = ", ".join(sorted({str(row["machine"]) for row in large}))
    verdict = HOLDS if SHORTEST <= hours <= LONGEST else FAILS
    text = f"The longest run took {hours:.1f} hours on {devices} (the paper: 6 to 10)."
    n = min((row["n_images"] for row in large if row["n_images"]), default=None)
    details = sentences(f"{mark(large)}.", CLOCK)
    return Verdict(verdict, text, details, {"hours_longest": hours}, n, describe_data(large), scale)
