"""The distance from an output pixel of the visible pixels that change it."""

from typing import Literal

import torch
from torch import Tensor

from spatial_mae.jacobian.jacobian import Jacobian

Channels = Literal["sum", "separate"]
POWERS = (1, 2)


def weights(jacobian: Jacobian, power: int, channels: Channels) -> Tensor:
    """|J|^power in float64, `power` 1 or 2.

    channels "sum": one weight for a pair of pixels, summed over the channels of both: (outputs, 1,
    inputs, 1). "separate": each output channel has its own kernel, and each input channel is an
    input: (outputs, C, inputs, C). Raises ValueError for another power or word.
    """
    if power not in POWERS:
        raise ValueError(f"power {power!r} of |J| is unknown; use 1 or 2")
    if channels not in ("sum", "separate"):
        raise ValueError(f"channels {channels!r} is unknown; use 'sum' or 'separate'")
    if channels == "separate":
        return _sizes(jacobian.values, power)
    # Channel by channel: reductions over an inner dimension of three are far slower.
    by_input = sum(_sizes(part, power) for part in jacobian.values.unbind(1))
    return sum(by_input.unbind(2))[:, None, :, None]


def _sizes(values: Tensor, power: int) -> Tensor:
    values = values.double()
    return values.abs() if power == 1 else values.square()


def shares(jacobian: Jacobian, power: int, channels: Channels) -> Tensor:
    """`weights` divided by their sum over inputs: p of Eq. 11, NaN where nothing moves an output.

    Raises ValueError as `weights`.
    """
    found = weights(jacobian, power, channels)
    return found / found.sum(dim=(2, 3), keepdim=True)


def distances(jacobian: Jacobian) -> Tensor:
    """Euclidean distance of output and input pixel, in pixels: float64 (outputs, inputs)."""
    return torch.cdist(jacobian.outputs.double(), jacobian.inputs.double())


def spread(jacobian: Jacobian, power: int, channels: Channels) -> Tensor:
    """Mean distance in pixels of the inputs of each output, weighted by `shares`.

    float64 (outputs,), or (outputs, C) for separate channels; NaN where nothing moves an output.
    Raises ValueError as `weights`.
    """
    mean = mean_distance(shares(jacobian, power, channels), distances(jacobian))
    return mean[:, 0] if channels == "sum" else mean


def mean_distance(found: Tensor, away: Tensor) -> Tensor:
    """Mean of the distances `away` (outputs, inputs) under `shares`: (outputs, 1 or C)."""
    return torch.einsum("ocid,oi->oc", found, away)
