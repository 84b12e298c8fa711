"""A recipe of Jacobians, and a linear model that notes where it is measured."""

import torch

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.recipe import JacobianRecipe

RECIPE = JacobianRecipe(
    powers=(1, 2),
    channels=("sum", "separate"),
    bases=("e", 2),
    normalisations=("no", "visible", "all"),
    linear_centring="centred",
    linear_ridge=0.0,
    linear_flip=False,
    split="test",
    n_images=3,
    n_masks=2,
    outputs="hidden",
    n_outputs=5,
    n_bins=20,
)
N_PIXELS, CHANNELS = 96, 2
EXACT = Masking(0.5, "exact", False)
SOURCES = ("network", "untrained", "linear")


class Recording(LinearModel):
    """A linear model that notes the masks and output pixels it is asked for."""

    def __init__(self, architecture, seed=3):
        generator = torch.Generator().manual_seed(seed)
        d = N_PIXELS * CHANNELS
        matrix = torch.randn(d, d, generator=generator, dtype=torch.float64)
        super().__init__(architecture, matrix, torch.zeros(d, dtype=torch.float64))
        object.__setattr__(self, "places", [])

    def jacobian(self, mask, outputs):
        self.places.append((mask, outputs))
        return super().jacobian(mask, outputs)
