"""Judge of the linear probe's robustness to shifted images (Kong et al. 2023, Sec. 3.3)."""

from collections.abc import Callable
from functools import partial

from spatial_mae.claims.conditions import exceeds, monotone
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark_second
from spatial_mae.claims.seeds import across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import FAILS, HOLDS, Verdict, not_run
from spatial_mae.papers.printed import printed_series
from spatial_mae.tables.repeats import means, means_error, standard_error
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import completed, last, probes

OWN = "own"
BIAS = f"The paper: {printed_series(2, 'shape bias')}."
SETS = "Shifted sets: {}; the paper's are variants of ImageNet."


# The paper's best mask ratio, and its extreme one.
SWEET, EXTREME = 0.75, 0.9


@judge("kong.probe", kinds=("evaluation",), figure="masking_grid")
def probes_peak_at_the_sweet_ratio(tables: Tables) -> Verdict:
    """The probe's accuracy rises with the mask ratio up to 0.75 and is lower at 0.9."""
    rows = last(probes(tables["evaluation"]))
    return judged(
        across_seeds(rows, _rises_and_falls, ("mask",), standard_error),
        rows,
        needs=f"the evaluation tables need a mask ratio below {SWEET}, {SWEET} and {EXTREME} in "
        "one setting of completed runs",
        size="least_of_rise_and_fall",
        note=left_out(tables["evaluation"]),
        scale=mark_second,
    )


def _rises_and_falls(rows: Rows) -> tuple[bool, float] | None:
    ratios = means(rows, "mask")
    rise = monotone({m: value for m, value in ratios.items() if m <= SWEET})
    if rise is None or not {SWEET, EXTREME} <= set(ratios):
        return None
    fall = exceeds(ratios[SWEET], ratios[EXTREME])
    return rise[0] and fall[0], min(rise[1], fall[1])


@judge("kong.robust", kinds=("robustness",), figure="robustness")
def middle_ratios_are_robust(tables: Tables) -> Verdict:
    """On each shifted set a middle mask ratio's probe beats those of the lowest and the highest."""
    rows = _shifted(tables["robustness"])
    names = ", ".join(dict.fromkeys(str(row["measure"]) for row in rows))
    return judged(
        across_seeds(rows, partial(_middle, choose=max), ("mask",), means_error),
        rows,
        needs="the robustness tables need three mask ratios in one setting of completed runs",
        size="gain_of_the_middle",
        note=sentences(SETS.format(names), left_out(tables["robustness"])),
        scale=mark_second,
    )


@judge("kong.t2", kinds=("robustness",), figure="shape_bias")
def middle_ratios_go_by_shape(tables: Tables) -> Verdict:
    """Every middle mask ratio has a larger shape bias than the lowest and the highest ratio."""
    rows = [row for row in completed(tables["robustness"]) if row["metric"] == "shape_bias"]
    rows = [row for row in rows if row["value"] is not None]
    return judged(
        across_seeds(rows, partial(_middle, choose=min), ("mask",), means_error),
        rows,
        needs="the robustness tables need cue-conflict images at three mask ratios in one setting "
        "of completed runs",
        size="gain_of_the_middle",
        note=sentences(BIAS, left_out(tables["robustness"])),
        scale=mark_second,
    )


# The published set, and its images whose shape equals their texture.
CUES, ALIKE = 1280, 80


@judge("kong.cue", kinds=("robustness",), figure="table_shape_bias")
def the_published_cue_conflict_set(tables: Tables) -> Verdict:
    """Whether shape bias was measured on the whole published set."""
    rows = [row for row in completed(tables["robustness"]) if row.get("n_files") is not None]
    if not rows:
        return not_run("the robustness tables hold no cue-conflict images")
    found = {(row["n_files"], row["n_same"]) for row in rows}
    here = ", ".join(f"{n} images, {same} of them without conflict" for n, same in sorted(found))
    text = f"Here {here}; published: {CUES}, {ALIKE} of them without conflict, which are left out."
    whole = found == {(CUES, ALIKE)}
    return Verdict(HOLDS if whole else FAILS, text, {"files": max(found)[0]})


def _shifted(rows: Rows) -> list[Row]:
    """Accuracies on shifted images; the set, and a corruption of it, as `measure`."""
    named = [
        {**row, "measure": " ".join(filter(None, (row["shifted"], row.get("corruption"))))}
        for row in completed(rows)
        if row["shifted"] != OWN and row["metric"] == "accuracy"
    ]
    # Severities are repeats: two experiments may hold the same run.
    return list({_key(row): row for row in named}.values())


def _key(row: Row) -> tuple:
    names = ("dataset", "network", "training", "patch", "unit", "mask", "enc", "dec", "seed")
    return tuple(row.get(name) for name in (*names, "representation", "measure", "severity"))


def _middle(rows: Rows, choose: Callable) -> tuple[bool, float] | None:
    """The best or lowest middle ratio against the better of the ends; severities are averaged."""
    ratios = list(means(rows, "mask").values())
    if len(ratios) < 3:
        return None
    return exceeds(choose(ratios[1:-1]), max(ratios[0], ratios[-1]))
