"""Reconstruction of held-out images: errors over several masks, and images to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatial_mae.evaluation.features import BATCH, image_batches, unit_range
from spatial_mae.files import Row
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.patchify import patchify
from spatial_mae.training.mapped_images import Images

PRINTED_DIGITS = 4
"""Of pixels in the table, finer than the 1 / 255 of the images themselves."""


@dataclass(frozen=True)
class Masking:
    """How the network was trained: share of units hidden, law, and whether targets were normalised.

    With normalised targets a predicted patch takes the mean and deviation of the true one, as in
    `MaskedAutoencoder.reconstruct`: its error then says less about what was guessed.
    """

    mask_ratio: float
    sampling: str
    normalise_targets: bool


def masking_of(metadata: dict) -> Masking:
    """How a network was trained, from its weights' metadata."""
    recipe = metadata["recipe"]
    return Masking(metadata["mask_ratio"], recipe["sampling"], recipe["normalise_targets"])


def reconstruction_errors(
    model: MaskedAutoencoder,
    images: Images,
    masking: Masking,
    n_masks: int,
    generator: torch.Generator,
    batch_size: int = BATCH,
) -> dict[str, float]:
    """Mean squared errors over images and masks: "hidden", "visible" and "all" patches.

    images: uint8 (n, C, H, W). Pixels are in standardised units: predicting the mean of the
    training images is an error of 1. Each image is seen under `n_masks` masks drawn from
    `generator`; a CPU generator gives the same masks on every device.
    """
    device = model.encoder.positions.device
    sums = torch.zeros(2, dtype=torch.float64, device=device)
    counts = torch.zeros(2, dtype=torch.float64, device=device)
    with torch.inference_mode():
        for _ in range(n_masks):
            all_masks = _draw(model, len(images), masking, generator)
            for start, batch in image_batches(images, batch_size, device):
                masks = all_masks[start : start + len(batch)].to(device)
                errors = patch_errors(model, batch, masks, masking.normalise_targets)
                groups = torch.stack([masks, ~masks]).double()
                sums += (groups * errors.double()).sum(dim=(1, 2))
                counts += groups.sum(dim=(1, 2))
    hidden, visible = (sums / counts).tolist()
    return {"hidden": hidden, "visible": visible, "all": (sums.sum() / counts.sum()).item()}


def patch_errors(
    model: MaskedAutoencoder, images: Tensor, masks: Tensor, normalised: bool
) -> Tensor:
    """Mean squared error of each patch, (N, P), standardised; images (N, C, H, W) in [0, 1]."""
    deviation = model.encoder.pixel_deviation[:, None, None]
    residual = (model.reconstruct(images, masks, normalised) - images) / deviation
    return patchify(residual, model.architecture.patch_size).square().mean(dim=2)


def gallery(
    model: MaskedAutoencoder, images: Tensor, masking: Masking, generator: torch.Generator
) -> list[Row]:
    """One row per pixel of each image, under one mask each: originals and predictions in [0, 1].

    images: uint8 (n, C, H, W). Columns: image, row, column, hidden (1 = the network did not see
    it), original_0.. and predicted_0.. for each channel. Predictions are clipped.
    """
    if not len(images):
        return []
    device = model.encoder.positions.device
    with torch.inference_mode():
        originals = unit_range(images.to(device))
        masks = _draw(model, len(images), masking, generator).to(device)
        predicted = model.reconstruct(originals, masks, masking.normalise_targets).clamp(0, 1)
    hidden = _pixel_masks(model, masks)
    arrays = [a.cpu().double().numpy().round(PRINTED_DIGITS) for a in (originals, predicted)]
    n, _, height, width = originals.shape
    return [
        {"image": i, "row": y, "column": x, "hidden": int(hidden[i, y, x])}
        | _channels("original", arrays[0][i, :, y, x])
        | _channels("predicted", arrays[1][i, :, y, x])
        for i in range(n)
        for y in range(height)
        for x in range(width)
    ]


def _channels(name: str, values: Sequence[float]) -> Row:
    return {f"{name}_{channel}": float(value) for channel, value in enumerate(values)}


def _pixel_masks(model: MaskedAutoencoder, masks: Tensor) -> Tensor:
    """bool (N, H, W) from masks of patches (N, P)."""
    side = model.architecture.patch_size
    grids = masks.reshape(-1, *model.architecture.grid)
    return grids.repeat_interleave(side, dim=1).repeat_interleave(side, dim=2).cpu()


def _draw(model: MaskedAutoencoder, n: int, masking: Masking, generator: torch.Generator) -> Tensor:
    return draw_masks(generator, n, model.architecture, masking.mask_ratio, masking.sampling)
