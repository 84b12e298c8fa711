"""The mask ratio and the laws that masks are drawn by. Standard library only."""

from typing import Literal, get_args

# Each patch is hidden by itself, or a fixed count of them is: what has closed forms.
Law = Literal["bernoulli", "exact"]
LAWS: tuple[str, ...] = get_args(Law)
# And laws that arrange what is hidden on the grid of mask units (see `masks.layouts`).
GridLaw = Literal[Law, "displaced", "contiguous", "block", "grid"]
GRID_LAWS: tuple[str, ...] = get_args(GridLaw)

# What a linear MAE is solved for under the key `sampling`: a law of its masks, or, no law at all,
# a loss that counts hidden patches alone, of masks that "bernoulli" draws.
LOSS_ON_HIDDEN = "hidden"
Sampling = Literal[Law, "hidden"]
SAMPLINGS: tuple[str, ...] = get_args(Sampling)


def check_mask_ratio(mask_ratio: float) -> float:
    """Return the mask ratio, the share of patches hidden, as a float; ValueError outside [0, 1)."""
    if not 0.0 <= mask_ratio < 1.0:
        raise ValueError(
            f"mask ratio {mask_ratio} is outside [0, 1): it is the share of patches hidden, "
            "and some patch must stay visible"
        )
    return float(mask_ratio)
