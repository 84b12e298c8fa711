"""Spatial entropy of a Jacobian: over how many visible pixels an output's derivatives spread."""

import math
from typing import Literal

import torch
from torch import Tensor

from spatial_mae.jacobian.jacobian import Jacobian
from spatial_mae.jacobian.locality import Channels, shares

LOGARITHMS = {"e": 1.0, 2: math.log(2)}
"""Of the bases that an entropy may have: nats and bits."""


def spatial_entropy(
    jacobian: Jacobian,
    power: int,
    channels: Channels,
    base: Literal["e", 2],
    normalised: Literal["no", "visible", "all"],
) -> Tensor:
    """H_o = -sum_i p_i log p_i, p_i = |J_oi|^power / sum_j |J_oj|^power.

    Bisulco et al. 2025, Eq. 11, which leaves these conventions open. channels "sum": i runs over
    visible pixels, and |J|^power is first summed over the channels of both pixels; the result is
    (outputs,). "separate": i runs over pixels and channels, for each output channel: (outputs, C).
    `base` of the logarithm: "e" (nats) or 2 (bits). `normalised` by the logarithm of the number of
    inputs that are "visible", or of "all" whether hidden or not: the result is then in [0, 1],
    base or no base, 1 being all inputs alike.

    float64; NaN where nothing moves an output, or the only input makes the normaliser 0. Raises
    ValueError for another word or number.
    """
    found = nats(shares(jacobian, power, channels))
    found = found[:, 0] if channels == "sum" else found
    return found / unit(jacobian, channels, base, normalised)


def nats(found: Tensor) -> Tensor:
    """The entropy of `locality.shares`, summed over inputs: (outputs, 1 or C)."""
    return torch.special.entr(found).sum(dim=(2, 3))


def unit(
    jacobian: Jacobian,
    channels: Channels,
    base: Literal["e", 2],
    normalised: Literal["no", "visible", "all"],
) -> float:
    """What entropies in nats are divided by, as in `spatial_entropy`; NaN for a single input."""
    if base not in LOGARITHMS:
        raise ValueError(f"base {base!r} is unknown; use 'e' or 2")
    if normalised not in ("no", "visible", "all"):
        raise ValueError(f"normalised {normalised!r} is unknown; use 'no', 'visible' or 'all'")
    if normalised == "no":
        return LOGARITHMS[base]
    pixels = len(jacobian.inputs) if normalised == "visible" else jacobian.hidden.numel()
    inputs = pixels * (jacobian.values.shape[3] if channels == "separate" else 1)
    return math.log(inputs) if inputs > 1 else math.nan
