"""What is measured: a network from its weights, images from a data set or a folder, masks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatial_mae.data.listing import image_files
from spatial_mae.data.pixels import UNREADABLE, Reading
from spatial_mae.data.store import open_dataset
from spatial_mae.evaluation.origin import check_images, scale
from spatial_mae.evaluation.reconstruction import Masking, masking_of
from spatial_mae.files import Row
from spatial_mae.jacobian.jacobian import Jacobian, jacobian
from spatial_mae.jacobian.pixels import check_outputs, hidden_pixels, pixel_mask
from spatial_mae.models.architecture import Architecture, check_masking
from spatial_mae.models.hub import load_vit_mae
from spatial_mae.models.mae import LossOn, MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.reference import is_reference, load_reference
from spatial_mae.models.weights import load_mae
from spatial_mae.training.loader import load_images, subset

DRAWS_EACH, LEAST_DRAWS = 1000, 100_000
"""Masks drawn, for each that is wanted and in all, before hiding some pixels counts as hopeless."""


@dataclass(frozen=True)
class Network:
    """A masked autoencoder, how it was trained, and the columns that name it in tables.

    epoch: of training; None if the weights do not say.
    """

    model: MaskedAutoencoder
    masking: Masking
    loss_on: LossOn
    epoch: int | None
    columns: Row

    def draw_masks(self, n: int, generator: torch.Generator) -> Tensor:
        """Masks as in its training, True = hidden: bool (n, P), patches row by row."""
        sizes, masking = self.model.architecture, self.masking
        return draw_masks(generator, n, sizes, masking.mask_ratio, masking.sampling)

    def reconstruct(self, images: Tensor, masks: Tensor) -> Tensor:
        """Images as it predicts them, every pixel: float (N, C, H, W), 1 = white, not clipped.

        images: float (N, C, H, W) in [0, 1]; masks: bool (N, P). Where the targets of its training
        were normalised, a predicted patch gets the mean and deviation of the true one.
        """
        with torch.no_grad():
            return self.model.reconstruct(images, masks, self.masking.normalise_targets)

    def jacobian(
        self, image: Tensor, mask: Tensor, outputs: Tensor | None = None, **choices: object
    ) -> Jacobian:
        """Derivatives of the pixels `outputs` of `reconstruct` by the visible pixels: Eq. 10's J.

        image: float (C, H, W) in [0, 1]; mask: bool (P,); outputs: (row, column) of pixels, (n, 2),
        None for all hidden ones. choices, and what is raised: as in `jacobian.jacobian`.
        """
        if outputs is None:
            outputs = hidden_pixels(self.model.architecture, mask)
        normalised = self.masking.normalise_targets
        return jacobian(self.model, image, mask, outputs, normalised=normalised, **choices)


@dataclass(frozen=True)
class Images:
    """uint8 (n, C, H, W), and the columns that name them in tables."""

    pixels: Tensor
    columns: Row


def open_network(
    path: Path, mask_ratio: float | None = None, device: torch.device | str = "cpu"
) -> Network:
    """The network of a weights file of ours, of one with the names of the reference MAE, or of a
    folder with a saved ViTMAE of transformers.

    mask_ratio: to measure at; None for that of its training. Raises ValueError for weights without
    a decoder, damaged or foreign ones, or a ratio that hides no mask unit or all.
    """
    path = Path(path)
    if path.is_dir() or is_reference(path):
        model, metadata = (load_vit_mae if path.is_dir() else load_reference)(path, device)
        masking = Masking(metadata["mask_ratio"], "exact", metadata["normalise_targets"])
        loss_on, epoch, known = "hidden", None, {}
    else:
        model, metadata = load_mae(path, device)
        if missing := sorted({"recipe", "mask_ratio", "epoch"} - metadata.keys()):
            raise ValueError(
                f"{path}: does not say how it was trained ({', '.join(missing)}); give weights "
                "that pretrain_mae wrote"
            )
        masking, loss_on = masking_of(metadata), metadata["recipe"]["loss_on"]
        epoch, known = metadata["epoch"], scale(metadata)
    if mask_ratio is not None:
        masking = replace(masking, mask_ratio=mask_ratio)
    check_masking(model.architecture, masking.mask_ratio, masking.sampling)
    # Not `features.freeze`: torch.func cannot transform its products.
    model.eval().requires_grad_(False)
    return Network(model, masking, loss_on, epoch, _columns(model.architecture, masking) | known)


def _columns(sizes: Architecture, masking: Masking) -> Row:
    return {
        "patch": sizes.patch_size,
        "unit": sizes.unit,
        "mask": masking.mask_ratio,
        "enc": sizes.encoder_depth,
        "dec": sizes.decoder_depth,
        "model_width": sizes.backbone.width,
    }


def open_images(path: Path, architecture: Architecture, split: str, n_wanted: int) -> Images:
    """Images for a network: of a data set's `split` by its manifest.json, or of a folder.

    Of a folder, which has no splits, at most `n_wanted` files are drawn and read as they are.
    Raises FileNotFoundError if there is nothing there, ValueError for images of another size than
    the network's, files that cannot be read, or fewer images in the split.
    """
    path = Path(path)
    if path.suffix == ".json":
        dataset = open_dataset(path)
        check_images(dataset, architecture)
        columns = {"dataset": dataset.manifest["dataset"], "split": split}
        return Images(load_images(dataset, split, n_wanted)[:], columns)  # a bounded number
    files = _files(path)
    chosen = subset(len(files), min(n_wanted, len(files)))
    pixels = np.stack([_read(files[number], architecture) for number in chosen])
    columns = {"dataset": path.resolve().name}
    return Images(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), columns)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no manifest.json of a data set and no folder of images")
    if not (files := image_files(path)):
        raise FileNotFoundError(f"{path}: no images in this folder")
    return files


def _read(file: Path, architecture: Architecture) -> np.ndarray:
    channels = architecture.channels
    try:
        image = np.asarray(Reading(channels).read(file))
    except UNREADABLE as error:
        raise ValueError(f"{file}: cannot be read ({error}); repair or remove it") from error
    image = image.reshape(*image.shape[:2], channels)
    wanted = (architecture.height, architecture.width_pixels)
    if image.shape[:2] != wanted:
        raise ValueError(
            f"{file}: {image.shape[0]} x {image.shape[1]} pixels (height x width), the network is "
            f"for {wanted[0]} x {wanted[1]}; crop or shrink the images first, for instance as a "
            "data set with source image_folder (docs/your-own-data.md)"
        )
    return image


def hiding_masks(
    generator: torch.Generator, n: int, network: Network, pixels: Sequence[Sequence[int]]
) -> Tensor:
    """Masks (n, P) of the network's law, given that they hide all `pixels` (row, column).

    Drawn until enough do. Raises ValueError for pixels outside the image, or so many in different
    mask units that the law hides them together hardly ever.
    """
    sizes, masking = network.model.architecture, network.masking
    outputs = check_outputs(torch.tensor([list(pixel) for pixel in pixels]), _nothing(sizes))
    found, drawn, most = [], 0, max(DRAWS_EACH * n, LEAST_DRAWS)
    while sum(map(len, found)) < n and drawn < most:
        masks = draw_masks(generator, 1000, sizes, masking.mask_ratio, masking.sampling)
        drawn += len(masks)
        grid = masks.view(-1, *sizes.grid)
        rows, columns = (outputs // sizes.patch_size).T
        found.append(masks[grid[:, rows, columns].all(dim=1)])
    masks = torch.cat(found)[:n]
    if len(masks) < n:
        raise ValueError(
            f"only {len(masks)} of {drawn} masks with ratio {masking.mask_ratio} hide all of the "
            f"output pixels {[list(pixel) for pixel in pixels]}; name fewer of them, pixels of one "
            "mask unit, or raise the mask ratio"
        )
    return masks


def _nothing(sizes: Architecture) -> Tensor:
    return pixel_mask(sizes, torch.zeros(sizes.n_patches, dtype=torch.bool))
