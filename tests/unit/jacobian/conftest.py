"""A small network, one that is linear, and one image with its mask."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from spatial_mae.jacobian.jacobian import Jacobian
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder

SIZES = Architecture(8, 12, 2, 4, 1, 2, 2, Backbone(16, 2, 8, 2, 2.0, True))
HIDDEN = (1, 3, 4)  # of the six patches


class LinearNetwork(nn.Module):
    """Images times a matrix (d, d), row = input value, with hidden pixels set to zero.

    Values are numbered by row, column, channel, as `spatial_mae.masks.patches` numbers them.
    """

    def __init__(self, architecture, matrix, offset):
        super().__init__()
        self.architecture = architecture
        self.matrix, self.offset = nn.Parameter(matrix), nn.Parameter(offset)

    def reconstruct(self, images, masks):
        side = self.architecture.patch_size
        grid = masks.reshape(-1, 1, *self.architecture.grid)
        hidden = grid.repeat_interleave(side, 2).repeat_interleave(side, 3)
        rows = (images * ~hidden).permute(0, 2, 3, 1)
        made = rows.flatten(1) @ self.matrix + self.offset
        return made.reshape(rows.shape).permute(0, 3, 1, 2)


@pytest.fixture
def architecture():
    return lambda **changes: replace(SIZES, **changes)


@pytest.fixture
def network():
    """Build a network with no parameter at zero, so that a lost term shows."""

    def build(sizes=SIZES, dtype=torch.float64):
        generator = torch.Generator().manual_seed(0)
        statistics = torch.tensor([[0.5, 0.4], [0.15, 0.3]])
        model = MaskedAutoencoder(sizes, *statistics, generator)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
        return model.to(dtype)

    return build


@pytest.fixture
def linear_network():
    def build(seed=0):
        generator = torch.Generator().manual_seed(seed)
        size = SIZES.height * SIZES.width_pixels * SIZES.channels
        matrix = torch.randn(size, size, generator=generator, dtype=torch.float64)
        offset = torch.randn(size, generator=generator, dtype=torch.float64)
        return LinearNetwork(SIZES, matrix, offset)

    return build


@pytest.fixture
def mask():
    mask = torch.zeros(SIZES.n_patches, dtype=torch.bool)
    mask[list(HIDDEN)] = True
    return mask


@pytest.fixture
def images():
    def build(n=1, seed=1):
        generator = torch.Generator().manual_seed(seed)
        return torch.rand(n, 2, 8, 12, generator=generator, dtype=torch.float64)

    return build


@pytest.fixture
def made_up():
    """A Jacobian of one channel with the given values (outputs, inputs), on a 1 x n line."""

    def build(values, outputs, inputs, length=8):
        values = torch.as_tensor(values, dtype=torch.float64)[:, None, :, None]
        places = [torch.tensor([[0, column] for column in some]) for some in (outputs, inputs)]
        hidden = torch.ones(1, length, dtype=torch.bool)
        hidden[0, inputs] = False
        return Jacobian(values, *places, hidden, "forward", 1)

    return build
