"""Judge of the boundary loss against the plain one (Kong et al. 2023, Sec. 3.6)."""

from spatial_mae.claims.engine import Contrast
from spatial_mae.claims.gates import learned
from spatial_mae.claims.judged import judged, left_out, sentences
from spatial_mae.claims.noise import accuracy_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second
from spatial_mae.claims.shapes import Above
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Rows, Tables, by, first, groups
from spatial_mae.tables.runs import BUDGET, last, probes
from spatial_mae.tables.settings import settings

# Columns of an evaluation that must agree for two trainings to differ in their loss alone.
ALIKE = ("epochs", *BUDGET)
GAIN = Contrast(
    Above(
        lambda cells: [width > 0 for width, _ in cells],
        lambda cells: [width == 0 for width, _ in cells],
    ),
    ("boundary_width", "training"),
    "without boundary pixels in the loss the probe's accuracy gains",
    least=0.01,
    why="one point: papers of this field report smaller gains as equal",
    error=accuracy_error,
)


@judge("kong.boundary", kinds=("evaluation",), figure="boundary_loss", contrast=GAIN)
def boundary_raises_the_probe(tables: Tables) -> Verdict:
    """With boundary pixels left out of the loss the probe is better at the same seed and budget.

    Each width is a setting apart.
    """
    rows = last(probes(tables["evaluation"]))
    pairs = _pairs([row for row in rows if row.get("boundary_width") is not None])
    kept, gate = learned(pairs, tables["evaluation"], GAIN.free)
    return judged(
        kept,
        GAIN,
        "The evaluation tables need trainings with boundary_width 0 and above, at common seeds and "
        "otherwise equal recipes.",
        scale=mark_second,
        short=in_short,
        gate=gate,
        note=sentences("The linear probe stands for downstream tasks.",
                       left_out(tables["evaluation"])),
    )  # fmt: skip


def _pairs(rows: Rows) -> list[Row]:
    """Each width's rows with those of the plain loss; the pair is named in the setting."""
    return [
        {**row, "measure": f"boundary {width}", "against": plain[0]["training"]}
        for group in settings(rows, ("training",)).values()
        for budget in groups(group, *ALIKE).values()
        for width, wide in by(budget, "boundary_width").items()
        if width and (plain := _one_training(by(budget, "boundary_width").get(0, [])))
        for row in (*_one_training(wide), *plain)
    ]


def _one_training(rows: Rows) -> list[Row]:
    """The rows of the first recipe: another of the same loss has only another name."""
    return first(rows, "training")
