"""The masks of pretraining: those of a batch follow from seed, epoch and step alone."""

import torch
from torch import Tensor

from spatial_mae.models.architecture import Architecture
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.randomness import generator_for
from spatial_mae.training.recipe import PretrainingRecipe


class BatchMasks:
    """Draws the masks of whole batches, the same for all micro-batches and processes of one.

    n_visible: patches that every image of every batch shows; None where the number varies.
    """

    def __init__(
        self,
        architecture: Architecture,
        mask_ratio: float,
        recipe: PretrainingRecipe,
        seed: int,
    ) -> None:
        self.architecture, self.mask_ratio, self.recipe = architecture, mask_ratio, recipe
        self.seed = seed
        visible = architecture.n_visible(mask_ratio, recipe.sampling)
        self.n_visible = visible if recipe.fixed_count else None
        self._drawn: tuple = (None, None)

    def of(self, n: int, epoch: int, step: int, device: torch.device | str = "cpu") -> Tensor:
        """Of a batch of `n` images: bool (n, n_patches), True = hidden; kept for micro-batches."""
        if self._drawn[0] != (n, epoch, step):
            generator = generator_for(self.seed, epoch, step, "masks", device)
            law = self.architecture, self.ratio(epoch, step), self.recipe.sampling
            self._drawn = (n, epoch, step), draw_masks(generator, n, *law)
        return self._drawn[1]

    def ratio(self, epoch: int, step: int) -> float:
        """The mask ratio of one batch: uniform over the recipe's range, equal on every device."""
        lowest, highest = self.recipe.mask_range(self.mask_ratio)
        if lowest == highest:
            return self.mask_ratio
        generator = generator_for(self.seed, epoch, step, "mask ratio")
        share = torch.rand((), generator=generator, dtype=torch.float64).item()
        return min(lowest + (highest - lowest) * share, highest)
