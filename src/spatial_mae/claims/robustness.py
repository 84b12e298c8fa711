"""Judges of probes by mask ratio, on own and on shifted images (Kong et al. 2023, Sec. 3)."""

from dataclasses import replace

from spatial_mae.claims.engine import Combined, Contrast, Evidence
from spatial_mae.claims.gates import learned
from spatial_mae.claims.judged import fitting, judged, left_out, sentences
from spatial_mae.claims.noise import accuracy_error, own_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second
from spatial_mae.claims.shapes import Above, Cells, Lead, Rise, Steady, named
from spatial_mae.claims.verdict import FAILS, HOLDS, SETTING, Verdict, not_run
from spatial_mae.papers.printed import printed_series
from spatial_mae.tables.rows import Row, Rows, Tables
from spatial_mae.tables.runs import completed, last, once, probes
from spatial_mae.tables.settings import setting, settings

OWN = "own"
BIAS = f"The paper: {printed_series(2, 'shape bias')}."
SETS = (
    "Shifted sets: {}; the paper's are variants of ImageNet. "
    "Mask ratios are compared, patch sizes are not."
)
# The paper's best mask ratio, and its extreme ones.
SWEET, LOWEST, EXTREME = 0.75, 0.1, 0.9
POINT = 0.01
RISE = Contrast(
    Rise(steps=False),
    ("mask",),
    f"accuracy rises from the lowest m to {SWEET} by",
    least=POINT,
    why="one point: papers of this field report smaller gains as equal",
    error=accuracy_error,
)
STEADY = replace(
    RISE,
    shape=Steady(POINT),
    says=f"the accuracy's largest step down up to m = {SWEET} is",
    least=0,
)
FALL = replace(
    RISE,
    shape=Above(named(SWEET), named(EXTREME)),
    says=f"accuracy at m = {SWEET} exceeds that at {EXTREME} by",
)


@judge("kong.probe", kinds=("evaluation",), figure="masking_grid", contrast=RISE)
def probes_peak_at_the_sweet_ratio(tables: Tables) -> Verdict:
    """The probe's accuracy rises with m up to 0.75, at no step falls, and is lower at 0.9."""
    peaked = [
        row
        for group in settings(last(probes(tables["evaluation"])), RISE.free).values()
        if {SWEET, EXTREME} <= (ratios := {row["mask"] for row in group}) and min(ratios) < SWEET
        for row in group
    ]
    kept, gate = learned(peaked, tables["evaluation"], RISE.free)
    rising = [row for row in kept if row["mask"] <= SWEET]
    parts = [Evidence(rising, RISE), Evidence(rising, STEADY), Evidence(kept, FALL)]
    return judged(
        kept,
        Combined(parts),
        f"The evaluation tables need a mask ratio below {SWEET}, {SWEET} and {EXTREME} in one "
        "setting of completed runs.",
        scale=mark_second,
        short=in_short,
        gate=gate,
        note=left_out(tables["evaluation"]),
    )


def _middle(cells: Cells) -> list[bool]:
    """The mask ratios between the paper's extremes, where both extremes were tried."""
    ratios = [mask for (mask,) in cells]
    both = min(ratios) <= LOWEST and max(ratios) >= EXTREME
    return [both and LOWEST < mask < EXTREME for mask in ratios]


ROBUST = Contrast(
    Lead(_middle),
    ("mask",),
    f"best accuracy on shifted images at m between {LOWEST} and {EXTREME} exceeds the extremes' by",
    least=POINT,
    why="one point: papers of this field report smaller gains as equal",
    error=own_error,
)
SHAPE = Contrast(
    Lead(_middle, every=True),
    ("mask",),
    f"lowest shape bias at m between {LOWEST} and {EXTREME} exceeds the extremes' by",
    least=0.02,
    why="two points: a standard error of the bias on the published set",
    error=own_error,
)


@judge("kong.robust", kinds=("robustness",), figure="robustness", contrast=ROBUST)
def middle_ratios_are_robust(tables: Tables) -> Verdict:
    """On each shifted set the best middle mask ratio's probe beats those of 0.1 and of 0.9.

    Severities of one corruption are averaged.
    """
    rows = [row for row in _shifted(tables["robustness"]) if row["metric"] == "accuracy"]
    names = ", ".join(dict.fromkeys(str(row["measure"]) for row in rows))
    return _of_shifted(tables, rows, ROBUST, "shifted images", SETS.format(names))


@judge("kong.t2", kinds=("robustness",), figure="shape_bias", contrast=SHAPE)
def middle_ratios_go_by_shape(tables: Tables) -> Verdict:
    """Every middle mask ratio has a larger shape bias than 0.1 and 0.9."""
    rows = [row for row in _shifted(tables["robustness"]) if row["metric"] == "shape_bias"]
    return _of_shifted(tables, rows, SHAPE, "cue-conflict images", BIAS)


def _of_shifted(tables: Tables, rows: Rows, contrast: Contrast, images: str, note: str) -> Verdict:
    """The verdict over settings whose probes beat chance and controls on their own test images."""
    rows, gate = fitting(rows, contrast), ""
    if rows:
        own = [row for row in completed(tables["robustness"]) if row["shifted"] == OWN]
        kept, gate = learned(once(own), tables.get("evaluation", ()), contrast.free)
        passed = {_networks(row) for row in kept}
        rows = [row for row in rows if _networks(row) in passed]
    return judged(
        rows,
        contrast,
        f"The robustness tables need {images} at mask ratios up to {LOWEST}, from {EXTREME} and "
        "between, in one setting of completed runs.",
        scale=mark_second,
        short=in_short,
        gate=gate,
        note=sentences(note, left_out(tables["robustness"])),
    )


def _shifted(rows: Rows) -> list[Row]:
    """Numbers on shifted images; the set, and a corruption of it, as `measure`."""
    return [
        {
            **row,
            "measure": " ".join(filter(None, (row["shifted"], row.get("corruption")))),
            "shifted": None,
            "corruption": None,
        }
        for row in completed(rows)
        if row["shifted"] != OWN
    ]


def _networks(row: Row) -> tuple:
    """The networks of a setting, whatever was measured of them."""
    return setting(row, ("mask", "measure", "metric", "shifted"))


# The published set, and its images whose shape equals their texture.
CUES, ALIKE = 1280, 80


@judge("kong.cue", kinds=("robustness",), figure="table_shape_bias", role=SETTING)
def the_published_cue_conflict_set(tables: Tables) -> Verdict:
    """Whether shape bias was measured on the whole published set."""
    rows = [row for row in completed(tables["robustness"]) if row.get("n_files") is not None]
    if not rows:
        return not_run("The robustness tables hold no cue-conflict images.")
    found = {(row["n_files"], row["n_same"]) for row in rows}
    here = ", ".join(f"{n} images, {same} of them without conflict" for n, same in sorted(found))
    return Verdict(
        HOLDS if found == {(CUES, ALIKE)} else FAILS,
        f"Here {max(found)[0]} images, of {CUES} published.",
        f"Here {here}; published: {CUES}, {ALIKE} of them without conflict, which are left out.",
        {"files": max(found)[0]},
        role=SETTING,
    )
