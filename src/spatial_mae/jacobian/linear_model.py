"""The closed-form linear MAE that a network is compared with, and its Jacobian: W."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from spatial_mae.jacobian.inputs import Network
from spatial_mae.jacobian.jacobian import Jacobian
from spatial_mae.jacobian.pixels import check_outputs, pixel_mask
from spatial_mae.jacobian.recipe import LinearChoice
from spatial_mae.linear.hidden import hidden_influence
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.solution import solve_mae
from spatial_mae.masks.patches import patch_index
from spatial_mae.models.architecture import Architecture


@dataclass(frozen=True)
class LinearModel:
    """x -> mean + ((x - mean) * visible) W, images in [0, 1].

    matrix: W, float64 (d, d), row = input; mean: (d,); coordinates by row, column, channel.
    """

    architecture: Architecture
    matrix: Tensor
    mean: Tensor

    def jacobian(self, mask: Tensor, outputs: Tensor) -> Jacobian:
        """W at visible inputs and `outputs` (n, 2): the same for every image under `mask` (P,)."""
        hidden = pixel_mask(self.architecture, mask.cpu())
        outputs = check_outputs(outputs.cpu(), hidden)
        inputs = (~hidden).nonzero()
        rows, columns = self._coordinates(inputs), self._coordinates(outputs)
        channels = self.architecture.channels
        values = self.matrix[rows[:, None], columns].T
        values = values.unflatten(1, (-1, channels)).unflatten(0, (-1, channels))
        return Jacobian(values, outputs, inputs, hidden, "reverse", len(columns))

    def reconstruct(self, images: Tensor, masks: Tensor) -> Tensor:
        """Images (N, C, H, W) as predicted from what `masks` (N, P) leave of them."""
        hidden = torch.stack([pixel_mask(self.architecture, mask) for mask in masks])
        rows = images.permute(0, 2, 3, 1).double()
        shown = (rows - self.mean.view(rows.shape[1:])) * ~hidden[..., None]
        made = shown.flatten(1) @ self.matrix + self.mean
        return made.view_as(rows).permute(0, 3, 1, 2)

    def _coordinates(self, pixels: Tensor) -> Tensor:
        channels = self.architecture.channels
        first = (pixels[:, 0] * self.architecture.width_pixels + pixels[:, 1]) * channels
        return (first[:, None] + torch.arange(channels)).flatten()


def fit_linear(moments: PixelMoments, network: Network, choice: LinearChoice) -> LinearModel:
    """The linear MAE of full rank under the network's masks and loss, from the images' moments.

    Trained on hidden patches the network is compared with `hidden_influence`, else with Theorem 1;
    both for its law of masks. With raw moments `mean` is 0.

    Raises ValueError if the moments are not of the network's images, in all their channels, or are
    singular.
    """
    sizes = network.model.architecture
    expected = (sizes.height, sizes.width_pixels, sizes.channels)
    found = (moments.height, moments.width, moments.channels)
    if found != expected:
        raise ValueError(
            f"moments of {moments.colour} images of {found} (height, width, channels), but the "
            f"network reads {expected}: compute them on its own images, in colour if they have it"
        )
    index = patch_index(*expected[:2], sizes.patch_size * sizes.unit, sizes.channels)
    S = moments.matrix(choice.linear_centring, choice.linear_ridge, choice.linear_flip)
    law = network.masking.sampling
    if network.loss_on == "hidden":
        W = hidden_influence(S, index, network.masking.mask_ratio, law)
    else:
        ratio = network.masking.mask_ratio
        ratio = sizes.n_hidden(ratio) / sizes.n_units if law == "exact" else ratio
        W = solve_mae(S, index, ratio, len(S), sampling=law).influence
    return LinearModel(sizes, torch.from_numpy(W), torch.from_numpy(_mean(moments, choice)))


def _mean(moments: PixelMoments, choice: LinearChoice) -> np.ndarray:
    if choice.linear_centring == "raw":
        return np.zeros(len(moments.total))
    mean = moments.mean
    return (mean + mean[moments.mirror]) / 2 if choice.linear_flip else mean
