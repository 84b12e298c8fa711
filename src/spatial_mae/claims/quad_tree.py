"""Judges of the project's own prediction of the Gaussian quad-tree: docs/quad-tree.md."""

from spatial_mae.claims.engine import PLAIN, Contrast
from spatial_mae.claims.judged import judged
from spatial_mae.claims.nearness import Alike
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark_second
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Tables, pick

MARGIN = 0.1
SAME_LEVEL = Contrast(
    Alike(MARGIN),
    ("mask",),
    "largest difference of the level between mask ratios",
    least=0,
    why="a tenth of a level, the margin of all levels in this project",
    unit=PLAIN,
)
OWN = "A prediction of this project, not of the papers; of bent images it is no theorem."


@judge(
    "quadtree.components",
    kinds=("level_recovery",),
    figure="recovered_levels",
    contrast=SAME_LEVEL,
)
def leading_features_keep_their_level(tables: Tables) -> Verdict:
    """The leading components of all tokens hold one level at every mask ratio."""
    return _same_level(tables, "components")


@judge("quadtree.mean", kinds=("level_recovery",), figure="recovered_levels", contrast=SAME_LEVEL)
def the_mean_token_keeps_its_level(tables: Tables) -> Verdict:
    """The mean token holds one level at every mask ratio."""
    return _same_level(tables, "mean")


def _same_level(tables: Tables, representation: str) -> Verdict:
    rows = pick(
        tables["level_recovery"],
        source="trained",
        metric="mean_level",
        representation=representation,
        readout="linear",
    )
    needs = f"No level of the {representation} at two mask ratios: add one to `mask`."
    return judged(rows, SAME_LEVEL, needs, scale=mark_second, short=in_short, note=OWN)
