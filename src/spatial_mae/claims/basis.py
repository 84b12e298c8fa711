"""Judges of the adaptive basis (Fig. 8): it varies with the image and spreads in training."""

from functools import partial
from math import hypot
from statistics import median

from spatial_mae.claims.conditions import Outcome, exceeds
from spatial_mae.claims.jacobian_rows import counted, error, median_of
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import values
from spatial_mae.claims.seeds import across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.claims.wording import share
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, by, grouped, pick
from spatial_mae.tables.runs import last
from spatial_mae.tables.settings import setting

# Clearly: beyond a mean cosine similarity of 0.9, or 26 degrees, between two images' kernels.
ADAPTIVE = 0.1
# Starts of training; the end is compared with each.
UNTRAINED, FIRST, END = "untrained", "first checkpoint", "end"
SIZES = ("spread", "entropy")


@judge("fig8.adaptive", kinds=("basis",), figure="basis_kernels")
def kernels_vary_with_the_image(tables: Tables) -> Verdict:
    """At the end of training a pixel's kernels in two images clearly differ, unlike a linear MAE's.

    Each output pixel is a setting. The untrained network's adaptivity is in the note: what it
    has already, training did not bring.
    """
    rows = pick(counted(tables["basis"], "value"), measure="adaptivity")
    network, linear = pick(rows, source="network"), pick(rows, source="linear")
    trained, untrained = last(network), pick(network, epoch=0)
    before = across_seeds(untrained + linear, _adapts, ("source",))
    return judged(
        across_seeds(trained + linear, _adapts, ("source",)),
        trained,
        needs="the tables of the basis need the adaptivity of completed runs at their last epoch, "
        "and the linear MAE's",
        size="adaptivity_beyond_linear_less_0_1",
        evidence={
            **median_of("adaptivity", trained),
            **median_of("adaptivity_untrained", untrained),
            **median_of("adaptivity_linear", linear),
        },
        note=sentences(
            f"Clearly adaptive: at least {ADAPTIVE:g} above the linear MAE.",
            f"Before training already in {share(before)}." if before else "",
            left_out(tables["basis"]),
        ),
    )


def _adapts(rows: Rows) -> tuple[bool, float] | None:
    groups = by(rows, "source")
    if len(groups) < 2:
        return None
    margin = mean(groups["network"], "value") - mean(groups["linear"], "value") - ADAPTIVE
    return margin >= 0, margin


@judge("fig8.diffuse", kinds=("basis",), figure="basis_over_training")
def kernels_spread_during_training(tables: Tables) -> Verdict:
    """At the end of training a pixel's kernel has a higher spread and entropy than at the start.

    The start is the untrained network, and the first checkpoint after it: two settings, since an
    untrained network need not be local.
    """
    network = pick(counted(tables["basis"], "value"), source="network")
    rows = _from_starts(_both_sizes(network))
    alone = {size: across_seeds(rows, partial(_grows, size=size), ()) for size in SIZES}
    return judged(
        across_seeds(rows, _both_grow, (), _growth_error),
        rows,
        needs="the tables of the basis need spread and entropy of completed runs at their last "
        "epoch and at an earlier one",
        size="smaller_relative_rise_of_spread_and_entropy",
        evidence={f"spread_{k.replace(' ', '_')}_median": v for k, v in _spreads(rows).items()},
        note=sentences(_alone(alone), _starts(rows), left_out(tables["basis"])),
    )


def _both_sizes(rows: Rows) -> list[Row]:
    """Each entropy, the spread of the same weights, and both standard errors."""
    spreads = {_weights(row): row for row in pick(rows, measure="spread")}
    return [
        {
            **row,
            "measure": None,
            "entropy": row["value"],
            "entropy_error": error([row]),
            "spread": spreads[_weights(row)]["value"],
            "spread_error": error([spreads[_weights(row)]]),
        }
        for row in pick(rows, measure="entropy")
        if _weights(row) in spreads
    ]


def _weights(row: Row) -> tuple:
    """The weights that a spread or an entropy summarises."""
    choices = setting(row, ("measure", "base", "normalised"))
    return (choices, row.get("seed"), row.get("epoch"))


def _from_starts(rows: Rows) -> list[Row]:
    """Of each run and setting the row at either start and, once for each, that at the end."""
    runs = grouped(rows, lambda row: (setting(row), row.get("seed")))
    pairs = []
    for run in runs.values():
        epochs, end = by(run, "epoch"), last(run)
        after = [epoch for epoch in epochs if 0 < epoch < run[0]["epochs"]] if end else []
        starts = {UNTRAINED: epochs.get(0, []), FIRST: epochs[after[0]] if after else []}
        for start, first in starts.items():
            if end and first:
                pairs += [{**first[0], "start": start, "when": "start"}]
                pairs += [{**end[0], "start": start, "when": END}]
    return pairs


def _grows(rows: Rows, size: str) -> tuple[bool, float]:
    times = by(rows, "when")
    return exceeds(mean(times[END], size), mean(times["start"], size))


def _both_grow(rows: Rows) -> tuple[bool, float]:
    grown = [_grows(rows, size) for size in SIZES]
    return all(holds for holds, _ in grown), min(rise for _, rise in grown)


def _growth_error(rows: Rows) -> float:
    """The larger standard error over images of the two relative rises."""
    return max(_relative_error(rows, size) for size in SIZES)


def _relative_error(rows: Rows, size: str) -> float:
    times = by(rows, "when").values()
    scale = max(abs(mean(group, size)) for group in times)
    return hypot(*(error(group, f"{size}_error") for group in times)) / (scale or 1.0)


def _alone(alone: dict[str, list[Outcome]]) -> str:
    texts = [f"{size} in {share(outcomes)}" for size, outcomes in alone.items() if outcomes]
    return f"Each alone rises: {', '.join(texts)}." if texts else ""


def _starts(rows: Rows) -> str:
    """How far the kernels reach before, early in and after training: is the start local at all?"""
    reach = ", ".join(f"{time} {pixels:.3g}" for time, pixels in _spreads(rows).items())
    firsts = values(pick(rows, start=FIRST, when="start"), "epoch")
    return (
        "An untrained network need not be local; mean distance of the inputs in pixels (median): "
        f"{reach}. First checkpoint: epoch {firsts}; end: epoch {values(rows, 'epochs')}."
    )


def _spreads(rows: Rows) -> dict[str, float]:
    """The median spread at each start and at the end."""
    groups = {start: pick(rows, start=start, when="start") for start in (UNTRAINED, FIRST)}
    groups[END] = pick(rows, when=END)
    return {k: median(row["spread"] for row in group) for k, group in groups.items() if group}
