"""Judges of fine-tuning: fewer blocks (Figs. 12, 15) and small decoders (Fig. 15)."""

from collections.abc import Callable
from math import isfinite, log
from statistics import median

from spatial_mae.claims.engine import TIMES, Combined, Contrast, Evidence
from spatial_mae.claims.gates import learned
from spatial_mae.claims.judged import CLOCK, fitting, judged, left_out, sentences
from spatial_mae.claims.noise import accuracy_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark
from spatial_mae.claims.shapes import Above, Cells, Lead, named
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, by, groups
from spatial_mae.tables.runs import fully_tuned, tuned
from spatial_mae.tables.settings import settings

# "Within 2%" of the accuracy of fine-tuning all blocks.
NEAR = 0.02
# "Only 0.30% worse" is little: at most one point of accuracy.
LITTLE = 0.01
# "Nearly 2x" rounds to 2, "4x" to 4.
NEARLY_TWICE, NEARLY_FOUR_TIMES = 1.5, 3.5
# A few of the blocks: at most a third of them, and at least one.
FEW = 3
ALL = "all"
PARTIAL = (
    "The fine-tuning tables need runs of two or more blocks, fine-tuned completely and with {}, in "
    "one setting of completed runs."
)
# Blocks, or networks, that are compared: the part of them against the whole.
PART, WHOLE = named("one", "few", "small"), named(ALL, "best")

NEARLY_AS_GOOD = Contrast(
    Above(PART, WHOLE, margin=NEAR),
    ("blocks",),
    "accuracy lost by tuning the last block only",
    least=0,
    why="the paper's two points",
    error=accuracy_error,
)


@judge("freeze", kinds=("fine_tuning",), figure="partial_fine_tuning", contrast=NEARLY_AS_GOOD)
def one_block_is_enough(tables: Tables) -> Verdict:
    """Tuning the last block only comes within two points of the accuracy of tuning all."""
    rows = tuned(tables["fine_tuning"])
    kept, gate = learned(_part(rows, _one), tables.get("evaluation", ()), ("blocks",))
    return judged(
        kept,
        NEARLY_AS_GOOD,
        PARTIAL.format("one block"),
        scale=mark,
        short=in_short,
        gate=gate,
        evidence=_levels(rows),
        note=sentences(_head_alone(rows), left_out(tables["fine_tuning"])),
    )


def _part(rows: Rows, chosen: Callable[[Rows], int | None]) -> list[Row]:
    """Of each setting the rows with the chosen blocks tuned, and with all of two or more."""
    kept = []
    for group in settings(rows, ("blocks",)).values():
        blocks, depth, few = by(group, "blocks"), group[0]["enc"], chosen(group)
        if depth > 1 and few in blocks and depth in blocks:
            kept += [{**row, "blocks": "few"} for row in blocks[few]]
            kept += [{**row, "blocks": ALL} for row in blocks[depth]]
    return kept


def _one(rows: Rows) -> int:
    return 1


def _few(rows: Rows) -> int | None:
    """The most blocks tuned that are at most a third of all."""
    most = max(1, rows[0]["enc"] // FEW)
    return max((row["blocks"] for row in rows if 1 <= row["blocks"] <= most), default=None)


def _head_alone(rows: Rows) -> str:
    """A warning where training the head only is as good: then blocks show nothing."""
    levels = _levels(rows)
    head, whole = levels.get("accuracy_head"), levels.get("accuracy_all_blocks")
    if head is None or whole is None or whole - head > NEAR:
        return ""
    return "The head alone comes within two points too: the statement says little here."


def _levels(rows: Rows) -> dict[str, float]:
    """Median accuracies with the head alone, one block and all blocks tuned."""
    known = [row for row in rows if row["value"] is not None and isfinite(row["value"])]
    levels = {
        "accuracy_head": [row["value"] for row in known if row["blocks"] == 0],
        "accuracy_one_block": [row["value"] for row in known if row["blocks"] == 1],
        "accuracy_all_blocks": [row["value"] for row in known if row["blocks"] == row["enc"]],
    }
    return {name: median(values) for name, values in levels.items() if values}


def _faster(free: tuple[str, ...], says: str, times: float, why: str) -> Contrast:
    """The whole takes at least so many times as long as the part."""
    return Contrast(Above(WHOLE, PART, -log(times)), free, says, least=0, why=why, unit=TIMES)


HALF_THE_TIME = _faster(
    ("blocks",), "time of tuning all blocks over few", NEARLY_TWICE, "1.5 rounds to the paper's 2"
)


@judge("freeze.speed", kinds=("fine_tuning",), figure="partial_fine_tuning", contrast=HALF_THE_TIME)
def one_block_is_faster(tables: Tables) -> Verdict:
    """Tuning the last block only takes nearly half the time of tuning all: at least 1.5 x faster.

    Times of one device are compared.
    """
    return judged(
        _part(_timed(tuned(tables["fine_tuning"]), "seconds"), _one),
        HALF_THE_TIME,
        PARTIAL.format("one block"),
        scale=mark,
        short=in_short,
        note=sentences(CLOCK, left_out(tables["fine_tuning"])),
    )


def _timed(rows: Rows, column: str) -> list[Row]:
    """Rows with a time, its logarithm as `value`; the device it was measured on is a setting."""
    name = "pretrain_device" if column.startswith("pretrain") else "device"
    return [
        {**row, "machine": row.get(name, row.get("device")), "value": log(row[column])}
        for row in rows
        if row.get(column)
    ]


@judge("poster.half", kinds=("fine_tuning",), figure="partial_fine_tuning", contrast=NEARLY_AS_GOOD)
def few_blocks_at_half_the_cost(tables: Tables) -> Verdict:
    """Few blocks come within two points of all, at least 1.5 times as fast.

    Few: the most blocks tuned that are at most a third of all.
    """
    rows = tuned(tables["fine_tuning"])
    kept, gate = learned(_part(rows, _few), tables.get("evaluation", ()), ("blocks",))
    accuracy = [{**row, "machine": row.get("device")} for row in kept]
    times = _timed(accuracy, "seconds")
    both = Combined([Evidence(times, HALF_THE_TIME), Evidence(accuracy, NEARLY_AS_GOOD)])
    return judged(
        kept,
        both,
        PARTIAL.format("few (at most a third)"),
        scale=mark,
        short=in_short,
        gate=gate,
        note=sentences(
            "Both are claimed: within two points, and 1.5 times as fast.",
            CLOCK,
            left_out(tables["fine_tuning"]),
        ),
    )


DEPTHS = ("enc", "dec")
ONE_LAYER = Contrast(
    Lead(lambda cells: [dec == 1 for _, dec in cells], margin=LITTLE),
    DEPTHS,
    "accuracy of the best network lost with one decoder layer",
    least=0,
    why="one point; the paper: 0.30 points",
    error=accuracy_error,
)


@judge("dec1.acc", kinds=("fine_tuning",), figure="depth_fine_tuning", contrast=ONE_LAYER)
def one_decoder_layer_costs_little(tables: Tables) -> Verdict:
    """The best network pretrained with one decoder layer is at most a point below the best of all.

    The paper's gap is 0.30 points, about one standard error of a difference on 10,000 test images.
    """
    kept, gate = _learned(tables, ONE_LAYER)
    return judged(
        kept,
        ONE_LAYER,
        "The fine-tuning tables need completely fine-tuned networks after decoders of one and of "
        "more layers, in one setting of completed runs.",
        scale=mark,
        short=in_short,
        gate=gate,
        note=left_out(tables["fine_tuning"]),
    )


def _learned(tables: Tables, contrast: Contrast) -> tuple[list[Row], str]:
    """The networks, all blocks tuned, of settings in which the contrast can be seen."""
    rows = fitting(fully_tuned(tables["fine_tuning"]), contrast)
    return learned(rows, tables.get("evaluation", ()), DEPTHS)


def _smallest(cells: Cells) -> list[bool]:
    least = min(dec for _, dec in cells)
    return [dec == least for _, dec in cells]


SMALLEST = Contrast(
    Lead(_smallest, margin=NEAR),
    DEPTHS,
    "accuracy of the best network lost with the smallest decoder",
    least=0,
    why="near: two points, as for fewer blocks",
    error=accuracy_error,
)
QUARTER = _faster(
    ("blocks",),
    "pretraining time of the best of other networks over that with the smallest decoder",
    NEARLY_FOUR_TIMES,
    "3.5 rounds to the paper's 4",
)


@judge("poster.4x", kinds=("fine_tuning",), figure="depth_fine_tuning", contrast=SMALLEST)
def minimal_decoder_is_four_times_faster(tables: Tables) -> Verdict:
    """With the smallest decoder the best network comes near the best other, pretrained 4 x faster.

    Near: within two points of the accuracy. Faster: at least 3.5 times.
    """
    kept, gate = _learned(tables, SMALLEST)
    timed = _timed(kept, "pretrain_seconds")
    accuracy = [{**row, "value": row["accuracy"], "blocks": None} for row in timed]
    pairs = [row for group in settings(timed, DEPTHS).values() for row in _small_and_best(group)]
    both = Combined([Evidence(pairs, QUARTER), Evidence(accuracy, SMALLEST)])
    return judged(
        kept,
        both,
        "The fine-tuning tables need completely fine-tuned networks after two decoder depths, in "
        "one setting of completed runs, and `pretrain_seconds`.",
        scale=mark,
        short=in_short,
        gate=gate,
        note=sentences(
            "Both are claimed: within two points, and 3.5 times as fast to pretrain.",
            CLOCK,
            left_out(tables["fine_tuning"]),
        ),
    )


def _small_and_best(rows: Rows) -> list[Row]:
    """The most accurate network with the smallest decoder, and that with others, as `blocks`."""
    least = min(row["dec"] for row in rows)
    networks = groups(rows, *DEPTHS).items()
    chosen = {
        "small": [group for (_, dec), group in networks if dec == least],
        "best": [group for (_, dec), group in networks if dec > least],
    }
    return [
        {**row, "blocks": name, "enc": None, "dec": None}
        for name, found in chosen.items()
        for row in max(found, key=lambda one: mean(one, "accuracy"), default=())
    ]
