"""Judges of the project's own statements on gains of masking: predicted against measured order."""

from spatial_mae.claims.engine import PLAIN, Contrast
from spatial_mae.claims.judged import judged
from spatial_mae.claims.noise import known_error
from spatial_mae.claims.registry import judge
from spatial_mae.claims.shapes import Mean
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Tables, pick

LEAST = 0.5
ORDERED = Contrast(
    Mean(-LEAST),
    (),
    f"rank correlation of predicted and measured gains (more than {LEAST:g} is claimed)",
    least=0,
    why="half of the order: below it most of what decides a gain is not predicted",
    unit=PLAIN,
    column="rank_correlation",
    repeat=None,
    error=known_error,
)


@judge("gains.turn", kinds=("target_ranks",), figure="target_gains", contrast=ORDERED)
def turn_orders_targets(tables: Tables) -> Verdict:
    """Gains predicted by the turn of the AE's features have the order of measured ones.

    Every family of targets, mask ratio, number of latents and patch size is a setting.
    """
    return _ordered(tables, "turn")


@judge("gains.redundancy", kinds=("target_ranks",), figure="target_gains", contrast=ORDERED)
def redundancy_orders_targets(tables: Tables) -> Verdict:
    """The redundancy of targets has the order of their gains; settings as of `gains.turn`."""
    return _ordered(tables, "redundancy")


def _ordered(tables: Tables, predictor: str) -> Verdict:
    rows = pick(tables["target_ranks"], predictor=predictor)
    needs = f"The tables hold no targets ranked by the predictor {predictor!r}."
    return judged(rows, ORDERED, needs, note="A statement of this project, not of the papers.")
