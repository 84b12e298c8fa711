"""Whether an encoder sees one image in two disjoint halves of its patches: needs no labels."""

import torch
from torch import Tensor

from spatial_mae.evaluation.features import BATCH, image_batches
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.mapped_images import Images

HALF = 0.5
N_MASKS = 4


def retrieval_accuracy(
    model: MaskedAutoencoder,
    images: Images,
    generator: torch.Generator,
    n_masks: int = N_MASKS,
    batch_size: int = BATCH,
) -> float:
    """Share of images, uint8 (n, C, H, W), whose first half finds their second among all halves.

    A mask, one for all images, hides half of the units; the second view hides the others. The share
    is a mean over `n_masks` masks. Features are the mean visible token, standardised over the
    images; the nearest is that of the largest cosine. Chance is 1 / n. The model is frozen; a CPU
    generator gives the same masks on every device.
    """
    masks = draw_masks(generator, n_masks, model.architecture, HALF, "exact")
    found = [_found(model, images, mask, batch_size) for mask in masks]
    return sum(found) / n_masks


def _found(model: MaskedAutoencoder, images: Images, mask: Tensor, batch_size: int) -> float:
    device = model.encoder.positions.device
    first, second = (_features(model, images, m.to(device), batch_size) for m in (mask, ~mask))
    nearest = (first @ second.T).argmax(dim=1)
    return (nearest == torch.arange(len(nearest), device=device)).double().mean().item()


def _features(model: MaskedAutoencoder, images: Images, mask: Tensor, batch_size: int) -> Tensor:
    """Standardised mean visible tokens, (n, width), each of length one; mask: bool (P,)."""
    found = []
    with torch.inference_mode():
        for _, batch in image_batches(images, batch_size, mask.device):
            tokens = model.encode(batch, mask.expand(len(batch), -1))[:, model.encoder.n_extra :]
            found.append(tokens.mean(dim=1, dtype=torch.float32))
        return _unit(torch.cat(found))


def _unit(features: Tensor) -> Tensor:
    """Each feature standardised over the images, (n, width), then each image of length one."""
    centred = features - features.mean(dim=0)
    scaled = centred / features.std(dim=0, unbiased=False).clamp(min=1e-6)
    return scaled / scaled.norm(dim=1, keepdim=True).clamp(min=1e-6)
