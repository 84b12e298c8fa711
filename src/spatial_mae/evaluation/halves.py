"""Whether an encoder sees one image in two halves of it that share no pixel: needs no labels.

The halves are the same pixels whatever the patch size, so that networks of different patch sizes
can be compared. Halves of random patches cannot: those of small patches are interleaved, and their
borders give the image away.
"""

import torch
from torch import Tensor

from spatial_mae.evaluation.features import BATCH, image_batches
from spatial_mae.models.architecture import Architecture
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.training.mapped_images import Images

# Which of the quadrants, upper left, upper right, lower left and lower right, the first half hides:
# top against bottom, left against right, and the diagonals.
SPLITS = ((0, 1), (0, 2), (0, 3))


def halves(architecture: Architecture) -> Tensor | None:
    """Masks of the first halves: bool (3, P), True = hidden; the second halves are the others'.

    None where quadrants are no whole patches: a grid of an odd number of rows or columns.
    """
    rows, columns = architecture.grid
    if rows % 2 or columns % 2:
        return None
    masks = torch.zeros(len(SPLITS), 2, rows // 2, 2, columns // 2, dtype=torch.bool)
    for mask, hidden in zip(masks, SPLITS, strict=True):
        for quadrant in hidden:
            mask[quadrant // 2, :, quadrant % 2] = True
    return masks.reshape(len(SPLITS), -1)


def agreement(model: MaskedAutoencoder, images: Images, batch_size: int = BATCH) -> float | None:
    """Share of other images whose second half is less like an image's first half than its own is.

    In [0, 1], chance is 0.5; mean over images, uint8 (n, C, H, W), and over three ways to halve
    them. Features are the mean visible token, standardised over the images; likeness is their
    cosine. The model is frozen. None where the images cannot be halved, see `halves`, and of one
    image, which has no others.
    """
    masks = halves(model.architecture)
    if masks is None or len(images) < 2:
        return None
    return sum(_agreement(model, images, mask, batch_size) for mask in masks) / len(masks)


def _agreement(model: MaskedAutoencoder, images: Images, mask: Tensor, batch_size: int) -> float:
    device = model.encoder.positions.device
    first, second = (_features(model, images, m.to(device), batch_size) for m in (mask, ~mask))
    likeness = first @ second.T
    own = likeness.diagonal()[:, None]
    less, equal = (likeness < own).sum(dim=1), (likeness == own).sum(dim=1) - 1
    return ((less + 0.5 * equal).double() / (len(likeness) - 1)).mean().item()


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
