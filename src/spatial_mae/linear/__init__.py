"""The linear half: closed forms from second moments alone. Needs no torch."""

from spatial_mae.linear.decomposition import Decomposition, decompose
from spatial_mae.linear.ising import ising_chain_moment
from spatial_mae.linear.moments import PixelMoments, pixel_moments, second_moment
from spatial_mae.linear.redundancy import redundancy_gain
from spatial_mae.linear.result import Solution
from spatial_mae.linear.solution import mae_losses, solve_ae, solve_dae, solve_mae
from spatial_mae.masks.patches import patch_index

__all__ = [
    "Decomposition",
    "PixelMoments",
    "Solution",
    "decompose",
    "ising_chain_moment",
    "mae_losses",
    "patch_index",
    "pixel_moments",
    "redundancy_gain",
    "second_moment",
    "solve_ae",
    "solve_dae",
    "solve_mae",
]
