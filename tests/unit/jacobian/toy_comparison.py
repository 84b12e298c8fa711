"""A recipe, images and a linear network for comparisons with the linear MAE."""

from types import SimpleNamespace

import torch
from torch import nn

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.recipe import ComparisonRecipe

PIXELS = ([0, 5], [6, 1])
OWN_PATCHES = (1, 3)  # of the two pixels, of the 2 x 3 patches
RECIPE = ComparisonRecipe(
    linear_centring="centred",
    linear_ridge=0.0,
    linear_flip=False,
    split="test",
    pixels=PIXELS,
    n_images=12,
    n_fitted=300,
    penalties=(1e-9, 1e-3),
    validation_share=0.1,
    test_share=0.2,
    n_errors=7,
)
MASKING = Masking(0.5, "exact", False)
HEIGHT, WIDTH = 8, 12


class Affine(nn.Module):
    """A linear network in a masked autoencoder's clothes: mean + ((x - mean) * visible) W.

    `inner` is the LinearNetwork with W; its deviations of pixels are those of `encoder`.
    """

    def __init__(self, inner, mean):
        super().__init__()
        self.inner, self.mean, self.architecture = inner, mean, inner.architecture
        self.encoder = SimpleNamespace(
            pixel_deviation=torch.tensor([0.15, 0.3]), positions=torch.zeros(1)
        )
        with torch.no_grad():
            inner.offset.zero_()

    def reconstruct(self, images, masks, normalised=False):
        assert not normalised
        mean = self.mean.view(HEIGHT, WIDTH, 2).permute(2, 0, 1)
        return self.inner.reconstruct(images - mean, masks) + mean


def draw(n, seed):
    """uint8 images of independent pixels."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (n, 2, HEIGHT, WIDTH), generator=generator, dtype=torch.uint8)


def noting(function, results):
    """The same function, with its results kept."""

    def noted(*arguments):
        results.append(function(*arguments))
        return results[-1]

    return noted


def patch_of(row, column):
    return row // 4 * 3 + column // 4
