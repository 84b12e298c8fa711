"""Judges of fine-tuning: fewer blocks (Figs. 12, 15) and small decoders (Fig. 15)."""

from statistics import median

from spatial_mae.claims.registry import judge
from spatial_mae.claims.seeds import CLOCK, across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import cells, mean, standard_error
from spatial_mae.tables.rows import Row, Rows, Tables, by
from spatial_mae.tables.runs import fully_tuned, tuned
from spatial_mae.tables.settings import settings

# "Within 2%" of the accuracy of fine-tuning all blocks.
NEAR = 0.02
# "Only 0.30% worse" is little: at most one point of accuracy.
LITTLE = 0.01
# "Nearly 2x" rounds to 2, "4x" to 4.
NEARLY_TWICE, NEARLY_FOUR_TIMES = 1.5, 3.5
EXACT = 1e-9
# A few of the blocks: at most a third of them, and at least one.
FEW = 3
FEW_AND_HALF = (
    "Few: at most a third of the blocks; near: within two points; half: at least 1.5 x faster."
)
NEAR_AND_FOUR = (
    "Against the best network; near: within two points; 4 x: at least 3.5 x faster to pretrain."
)
PARTIAL = (
    "the fine-tuning tables need runs of two or more blocks, fine-tuned completely and with one "
    "block, in one setting of completed runs"
)


@judge("freeze", kinds=("fine_tuning",), figure="partial_fine_tuning")
def one_block_is_enough(tables: Tables) -> Verdict:
    """Tuning the last block only comes within two points of the accuracy of tuning all."""
    rows = tuned(tables["fine_tuning"])
    return judged(
        across_seeds(rows, _within, ("blocks",), standard_error),
        rows,
        needs=PARTIAL,
        size="two_points_less_gap",
        evidence=_levels(rows),
        note=sentences(_head_alone(rows), left_out(tables["fine_tuning"])),
    )


def _within(rows: Rows) -> tuple[bool, float] | None:
    ends = _ends(rows, "value")
    return None if ends is None else (ends[1] - ends[0] <= NEAR, NEAR - (ends[1] - ends[0]))


def _ends(rows: Rows, column: str) -> tuple[float, float] | None:
    """The mean of a column with one block tuned and with all; None without both."""
    groups = by([row for row in rows if row.get(column) is not None], "blocks")
    depth = rows[0]["enc"]
    if depth < 2 or not {1, depth} <= set(groups):
        return None
    return mean(groups[1], column), mean(groups[depth], column)


def _head_alone(rows: Rows) -> str:
    """A warning where training the head only is as good: then blocks show nothing."""
    levels = _levels(rows)
    head, whole = levels.get("accuracy_head"), levels.get("accuracy_all_blocks")
    if head is None or whole is None or whole - head > NEAR:
        return ""
    return "The head alone comes within two points too: the statement says little here."


def _levels(rows: Rows) -> dict[str, float]:
    """Median accuracies, of settings with one block and all tuned: the head alone, one, all."""
    whole = [group for group in settings(rows, ("blocks",)).values() if _ends(group, "value")]
    rows = [row for group in whole for row in group]
    chosen = {"head": 0, "one_block": 1}
    levels = {name: [r for r in rows if r["blocks"] == j] for name, j in chosen.items()}
    levels["all_blocks"] = [row for row in rows if row["blocks"] == row["enc"]]
    return {f"accuracy_{k}": median(r["value"] for r in v) for k, v in levels.items() if v}


@judge("freeze.speed", kinds=("fine_tuning",), figure="partial_fine_tuning")
def one_block_is_faster(tables: Tables) -> Verdict:
    """Tuning the last block only takes nearly half the time of tuning all: at least 1.5 x faster.

    Times of one device are compared; the memory of both is in the evidence.
    """
    rows = _timed(tuned(tables["fine_tuning"]), "seconds")
    return judged(
        across_seeds(rows, _faster, ("blocks",)),
        rows,
        needs=PARTIAL,
        size="speedup_over_1_5_less_1",
        evidence={
            **_ratios("speedup", rows, "seconds"),
            **_ratios("memory_ratio", rows, "peak_memory_bytes"),
        },
        note=sentences("Nearly 2 x: at least 1.5 x.", CLOCK, left_out(tables["fine_tuning"])),
    )


def _timed(rows: Rows, column: str) -> list[Row]:
    """Rows with a time, the device it was measured on among their choices."""
    name = "pretrain_device" if column.startswith("pretrain") else "device"
    return [{**r, "machine": r.get(name, r.get("device"))} for r in rows if r.get(column)]


def _faster(rows: Rows) -> tuple[bool, float] | None:
    ends = _ends(rows, "seconds")
    margin = None if ends is None else ends[1] / ends[0] / NEARLY_TWICE - 1
    return None if margin is None else (margin >= 0, margin)


def _ratios(name: str, rows: Rows, column: str) -> dict[str, float]:
    """The median over settings of all blocks' number over one block's."""
    pairs = [_ends(group, column) for group in settings(rows, ("blocks",)).values()]
    ratios = [whole / one for one, whole in filter(None, pairs) if one > 0]
    return {f"{name}_median": median(ratios)} if ratios else {}


@judge("poster.half", kinds=("fine_tuning",), figure="partial_fine_tuning")
def few_blocks_at_half_the_cost(tables: Tables) -> Verdict:
    """Some choice of few blocks comes within two points of all, at least 1.5 times as fast."""
    rows = _timed(tuned(tables["fine_tuning"]), "seconds")
    return judged(
        across_seeds(rows, _few, ("blocks",), _any_margin),
        rows,
        needs=PARTIAL.replace("with one block", "with few (at most a third)"),
        size="smaller_margin_of_accuracy_and_speed",
        note=sentences(FEW_AND_HALF, CLOCK, left_out(tables["fine_tuning"])),
    )


def _few(rows: Rows) -> tuple[bool, float] | None:
    groups, depth = by(rows, "blocks"), rows[0]["enc"]
    few = [groups[j] for j in groups if 1 <= j <= max(1, depth // FEW) and j < depth]
    if not few or depth not in groups:
        return None
    best = max(_cheap_and_near(group, groups[depth], "seconds", NEARLY_TWICE) for group in few)
    return best >= 0, best


def _cheap_and_near(rows: Rows, best: Rows, column: str, times: float) -> float:
    """The smaller of two relative margins: of the accuracy within `NEAR`, of the speed-up.

    A margin of accuracy within its standard error is none.
    """
    margin = NEAR - (mean(best, "value") - mean(rows, "value"))
    near = 0.0 if abs(margin) <= standard_error([*rows, *best]) else margin / NEAR
    return min(near, mean(best, column) / mean(rows, column) / times - 1)


def _any_margin(rows: Rows) -> float:
    """A margin of zero is not resolved."""
    return EXACT


@judge("dec1.acc", kinds=("fine_tuning",), figure="depth_fine_tuning")
def one_decoder_layer_costs_little(tables: Tables) -> Verdict:
    """The best network pretrained with one decoder layer is at most a point below the best of all.

    The paper's gap is 0.30 points, smaller than the standard error on 10,000 test images.
    """
    rows = fully_tuned(tables["fine_tuning"])
    outcomes = across_seeds(rows, _cost_of_one_layer, ("enc", "dec"), standard_error)
    return judged(
        outcomes,
        rows,
        needs="the fine-tuning tables need completely fine-tuned networks after decoders of one "
        "and of more layers, in one setting of completed runs",
        size="one_point_less_gap",
        evidence=_best_accuracies(rows),
        note=sentences(
            "Little: at most one point; the paper: 0.30 points.", left_out(tables["fine_tuning"])
        ),
    )


def _cost_of_one_layer(rows: Rows) -> tuple[bool, float] | None:
    accuracies = cells(rows, "dec", "enc")
    one = [value for (dec, _), value in accuracies.items() if dec == 1]
    if not one or len(one) == len(accuracies):
        return None
    gap = max(accuracies.values()) - max(one)
    return gap <= LITTLE, LITTLE - gap


def _best_accuracies(rows: Rows) -> dict[str, float]:
    one = [row["value"] for row in rows if row["dec"] == 1]
    numbers = {"accuracy_best": max((row["value"] for row in rows), default=None)}
    numbers["accuracy_best_one_layer"] = max(one, default=None)
    return {name: value for name, value in numbers.items() if value is not None}


@judge("poster.4x", kinds=("fine_tuning",), figure="depth_fine_tuning")
def minimal_decoder_is_four_times_faster(tables: Tables) -> Verdict:
    """With the smallest decoder some network comes near the best one, pretrained 4 x faster.

    Near: within two points of the accuracy. Faster: at least 3.5 times.
    """
    rows = _timed(fully_tuned(tables["fine_tuning"]), "pretrain_seconds")
    return judged(
        across_seeds(rows, _minimal_decoder, ("enc", "dec"), _any_margin),
        rows,
        needs="the fine-tuning tables need completely fine-tuned networks after two decoder "
        "depths, in one setting of completed runs, and `pretrain_seconds`",
        size="smaller_margin_of_accuracy_and_speed",
        note=sentences(NEAR_AND_FOUR, CLOCK, left_out(tables["fine_tuning"])),
    )


def _minimal_decoder(rows: Rows) -> tuple[bool, float] | None:
    decoders = by(rows, "dec")
    if len(decoders) < 2:
        return None
    best = max(_groups(rows), key=lambda group: mean(group, "value"))
    margin = max(
        _cheap_and_near(group, best, "pretrain_seconds", NEARLY_FOUR_TIMES)
        for group in _groups(decoders[min(decoders)])
    )
    return margin >= 0, margin


def _groups(rows: Rows) -> list[Rows]:
    """The rows of each pair of depths, one per seed."""
    return [g for group in by(rows, "enc").values() for g in by(group, "dec").values()]
