"""Judges of the adaptive basis (Fig. 8): it varies with the image and spreads in training."""

from dataclasses import replace

from spatial_mae.claims.engine import PERCENT, PLAIN, Combined, Contrast, Evidence
from spatial_mae.claims.jacobian_rows import counted, median_of
from spatial_mae.claims.judged import judged, left_out, sentences
from spatial_mae.claims.noise import own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark, values
from spatial_mae.claims.shapes import Above, named
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Rows, Tables, by, grouped, pick
from spatial_mae.tables.runs import last
from spatial_mae.tables.settings import setting

# Starts of training; the end is compared with each.
UNTRAINED, FIRST, START, END = "untrained", "first checkpoint", "start", "end"


def _adaptivity_over(control: str, name: str) -> Contrast:
    return Contrast(
        Above(named("network"), named(control)),
        ("source",),
        f"adaptivity of the trained network beyond the {name}'s",
        least=0.1,
        why="a mean cosine similarity of 0.9: 26 degrees between the kernels of two images",
        unit=PLAIN,
        error=own_error,
    )


OVER_LINEAR = replace(_adaptivity_over("linear", "linear MAE"), unpaired=True)
OVER_UNTRAINED = _adaptivity_over(UNTRAINED, "untrained network")


@judge("fig8.adaptive", kinds=("basis",), figure="basis_kernels", contrast=OVER_UNTRAINED)
def kernels_vary_with_the_image(tables: Tables) -> Verdict:
    """At the end of training a pixel's kernels in two images differ, which training brought.

    They differ more than those of a linear MAE, which are one kernel, and more than those of the
    untrained network. Each output pixel is a setting.
    """
    rows = pick(counted(tables["basis"]), measure="adaptivity")
    network, linear = pick(rows, source="network"), pick(rows, source="linear")
    trained = last(network)
    untrained = [{**row, "source": UNTRAINED} for row in pick(network, epoch=0)]
    return judged(
        trained,
        Combined(
            [Evidence(trained + untrained, OVER_UNTRAINED), Evidence(trained + linear, OVER_LINEAR)]
        ),
        needs="The tables of the basis need the adaptivity of completed runs at their last epoch "
        "and at epoch 0, and the linear MAE's.",
        scale=mark,
        short=in_short,
        evidence={
            **median_of("adaptivity", trained),
            **median_of("adaptivity_untrained", untrained),
            **median_of("adaptivity_linear", linear),
        },
        note=left_out(tables["basis"]),
    )


def _growth(size: str, says: str, least: float, why: str) -> Contrast:
    return Contrast(
        Above(named(END), named(START)),
        ("epoch",),
        says,
        least,
        why,
        unit=PERCENT,
        column=size,
        error=lambda row: row[f"{size}_error"],
        relative=True,
    )


SPREAD = _growth(
    "spread",
    "relative rise in training of the mean distance of a kernel's inputs",
    least=0.1,
    why="a tenth farther: less is not seen in pictures of kernels",
)
ENTROPY = _growth(
    "entropy",
    "relative rise in training of a kernel's entropy",
    least=0.02,
    why="of an entropy of 5 nats, ten percent more pixels that matter",
)


@judge("fig8.diffuse", kinds=("basis",), figure="basis_over_training", contrast=SPREAD)
def kernels_spread_during_training(tables: Tables) -> Verdict:
    """At the end of training a pixel's kernel has a higher spread and entropy than at the start.

    The start is the untrained network, and the first checkpoint after it: two settings, since an
    untrained network need not be local.
    """
    network = pick(counted(tables["basis"]), source="network")
    rows = _from_starts(_both_sizes(network))
    return judged(
        rows,
        Combined([Evidence(rows, SPREAD), Evidence(rows, ENTROPY)]),
        needs="The tables of the basis need spread and entropy of completed runs at their last "
        "epoch and at an earlier one.",
        scale=mark,
        short=in_short,
        evidence=_spreads(rows),
        note=sentences(_starts(rows), left_out(tables["basis"])),
    )


def _both_sizes(rows: Rows) -> list[Row]:
    """Each entropy, the spread of the same weights, and both standard errors."""
    spreads = {_weights(row): row for row in pick(rows, measure="spread")}
    return [
        {
            **row,
            "measure": None,
            "entropy": row["value"],
            "entropy_error": own_error(row),
            "spread": spreads[_weights(row)]["value"],
            "spread_error": own_error(spreads[_weights(row)]),
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
                pairs += [{**first[0], "start": start, "epoch": START, "first": first[0]["epoch"]}]
                pairs += [{**end[0], "start": start, "epoch": END}]
    return pairs


def _starts(rows: Rows) -> str:
    """Which epochs are compared, and what else must rise."""
    if not rows:
        return ""
    firsts = values(pick(rows, start=FIRST), "first")
    return (
        f"An untrained network need not be local. First checkpoint: epoch {firsts}; end: epoch "
        f"{values(rows, 'epochs')}. Entropy must rise too, by {PERCENT(ENTROPY.least)} "
        f"({ENTROPY.why})."
    )


def _spreads(rows: Rows) -> dict[str, float]:
    """The median spread in pixels at each start and at the end."""
    groups = {start: pick(rows, start=start, epoch=START) for start in (UNTRAINED, FIRST)}
    groups[END] = pick(rows, epoch=END)
    found = {}
    for time, group in groups.items():
        spreads = [{"value": row["spread"]} for row in group]
        found |= median_of(f"spread_{time.replace(' ', '_')}", spreads)
    return found
