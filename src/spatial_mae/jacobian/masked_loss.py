"""Masked losses of any function of images, measured over masks that multiply its input."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities

Function = Callable[[Tensor], Tensor]
"""Standardised images (N, C, H, W) to (N, ...), each image on its own, differentiable forwards."""


@dataclass(frozen=True)
class Loss:
    """Squared bias and variance over masks, float64 (N,) each; their sum is the masked loss.

    E ||t - h(R * x)||^2 = ||t - E h||^2 + E ||h - E h||^2, expectations over masks R.
    """

    squared_bias: Tensor
    variance: Tensor

    @property
    def total(self) -> Tensor:
        return self.squared_bias + self.variance


@dataclass(frozen=True)
class MaskSample:
    """Masks of patches, bool (n_masks, N, P), True = hidden, and the weight of each (n_masks,).

    `exact`: all masks there are, weighted by their probabilities; else independent draws.
    """

    masks: Tensor
    weights: Tensor
    exact: bool


def bernoulli_masks(
    generator: torch.Generator, n_masks: int, n_images: int, n_patches: int, mask_ratio: float
) -> MaskSample:
    """Masks that hide each patch with probability `mask_ratio`, some of them all patches.

    All 2^n_patches masks, the same for each image, where `n_masks` allows as many; else `n_masks`
    draws for each image.
    """
    device = generator.device
    if 2**n_patches <= n_masks:
        masks = enumerate_masks(n_patches)
        weights = torch.as_tensor(mask_probabilities(masks, mask_ratio), device=device)
        every = torch.as_tensor(masks, device=device)[:, None].expand(-1, n_images, -1)
        return MaskSample(every, weights, exact=True)
    shape = (n_masks, n_images, n_patches)
    draws = torch.rand(shape, generator=generator, device=device)
    weights = torch.full((n_masks,), 1 / n_masks, dtype=torch.float64, device=device)
    return MaskSample(draws < mask_ratio, weights, exact=False)


def measure(
    function: Function,
    images: Tensor,
    targets: Tensor,
    sample: MaskSample,
    patch_size: int,
    batch_size: int = 32,
) -> tuple[Loss, float]:
    """The masked loss of `function` over masks, and the standard error of its mean over images.

    images (N, C, H, W), targets (N, k). Of a sample of n masks the variance is the unbiased one,
    and what it adds to the bias of the mean output is taken off: the total is the mean loss.
    """
    targets, losses, first = targets.double(), [], torch.zeros_like(targets, dtype=torch.float64)
    with torch.no_grad():
        for mask, weight in zip(sample.masks, sample.weights.tolist(), strict=True):
            masked = images * ~pixels(mask.to(images.device), images, patch_size)
            outputs = [function(batch).double().flatten(1) for batch in masked.split(batch_size)]
            errors = torch.cat(outputs) - targets
            first += weight * errors
            losses.append(errors.square().sum(dim=1))
    total = torch.einsum("r,rn->n", sample.weights.to(images.device), torch.stack(losses))
    variance = total - first.square().sum(dim=1)
    if sample.exact:
        return Loss(total - variance, variance), 0.0
    variance *= len(losses) / (len(losses) - 1)
    means = torch.stack(losses).mean(dim=1)
    return Loss(total - variance, variance), (means.std() / len(losses) ** 0.5).item()


def pixels(of_patches: Tensor, images: Tensor, patch_size: int) -> Tensor:
    """Flags of patches (n, P) as flags of the pixels of `images`: (n, 1, H, W)."""
    height, width = images.shape[-2:]
    flags = of_patches.reshape(-1, 1, height // patch_size, width // patch_size)
    return flags.repeat_interleave(patch_size, dim=2).repeat_interleave(patch_size, dim=3)
