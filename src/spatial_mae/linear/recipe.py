"""The settings of the linear models that a run compares."""

from collections.abc import Sequence
from dataclasses import dataclass

from spatial_mae.linear.visibility import is_whole
from spatial_mae.masks.laws import LOSS_ON_HIDDEN, Sampling
from spatial_mae.study.keys import Latents, Positive, Shares, Two


@dataclass(frozen=True)
class LinearRecipe:
    """Models: one AE, a DAE for each noise deviation, an MAE for each mask ratio and sampling."""

    mask_ratios: Shares
    """Probabilities that a patch is hidden; 0 is the plain autoencoder. [Bisulco varies it]"""
    noise_deviations: tuple[Positive, ...]
    """Standard deviations of the denoising autoencoder's noise: of pixels in [0, 1] for raw and
    centred ones; for standardised ones in units of each pixel's own standard deviation."""
    n_latents: Latents
    """Numbers of latents k; `all` is full rank, k = d. [not stated]"""
    samplings: tuple[Sampling, ...] = ("bernoulli",)
    """Laws of the masks: bernoulli (each patch by itself) or exact (a fixed count), the loss on all
    patches; or hidden, as bernoulli with the loss on hidden patches only. [Bisulco bernoulli]"""

    def latents(self, n_coordinates: int) -> list[int]:
        """The numbers of latents, "all" resolved, ascending. ValueError for one beyond d."""
        counts = {n_coordinates if k == "all" else k for k in self.n_latents}
        for k in counts:
            if not 1 <= k <= n_coordinates:
                raise ValueError(
                    f"n_latents = {k} is outside 1 to {n_coordinates}, the number of coordinates; "
                    'write "all" for as many as there are'
                )
        return sorted(counts)


@dataclass(frozen=True)
class ComparisonRecipe(LinearRecipe):
    """Models, and on how many outputs they are measured in images too large to be decomposed."""

    n_outputs: Two = 64
    """Output values, drawn by the seed, from which means over all are estimated where an image has
    more than 4,096 values; with fewer, all of them are measured."""


def solvable(mask_ratios: Sequence[float], n_patches: int, sampling: str) -> list[float]:
    """Mask ratios that `sampling` admits: "exact" whole numbers of patches, "hidden" above 0."""
    if sampling == "exact":
        return [m for m in mask_ratios if is_whole(m, n_patches)]
    if sampling == LOSS_ON_HIDDEN:
        return [m for m in mask_ratios if m > 0]
    return list(mask_ratios)
