"""First-order predictions of a trained network's masked loss (Bisulco et al. 2025, App. B).

The lemmas' setting: masking multiplies. A function h maps standardised images x to their
reconstruction; a hidden patch's values become 0, the mean of the training pixels, and the masked
loss is E_R ||x - h(R * x)||^2 over all values, R hiding each patch with probability m.

That is not how a masked autoencoder is trained: there the tokens of hidden patches are dropped,
positions and all, and the decoder reads mask tokens in their places. Here the encoder reads all
patches, those of zeros among them, and the decoder no mask token: `reconstruction` is the trained
network in that setting. Its masked loss is that of inputs it has not seen in training; what is
asked is whether a first-order expansion predicts this loss, not how low it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from spatial_mae.evaluation.features import unit_range
from spatial_mae.files import Row
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.masked_loss import (
    Function,
    Loss,
    MaskSample,
    bernoulli_masks,
    measure,
    pixels,
)
from spatial_mae.jacobian.recipe import MaskedLossRecipe
from spatial_mae.masks.laws import check_mask_ratio
from spatial_mae.models import precision
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import arrange
from spatial_mae.models.patchify import patchify
from spatial_mae.training.randomness import generator_for


def reconstruction(model: MaskedAutoencoder) -> Function:
    """h of Lemmas 4 and 5: standardised images to what encoder and decoder make of all patches.

    A network trained with normalised targets predicts patches of mean 0 and deviation 1, and is
    compared with standardised pixels all the same. Raises ValueError for a network that computes in
    bfloat16, whose attention has no forward derivative.
    """
    _check_precision(model)
    architecture = model.architecture

    def function(images: Tensor) -> Tensor:
        patches = patchify(images, architecture.patch_size)
        shown = torch.zeros(patches.shape[:2], dtype=torch.bool, device=images.device)
        tokens = model.encoder.encode_patches(patches)
        return model.unpatchify(model.decoder(tokens, arrange(shown)))

    return function


def class_token(model: MaskedAutoencoder) -> Function:
    """A readout for Lemma 6: standardised images to the class token, (N, width).

    Raises ValueError for a network without one, or one that computes in bfloat16.
    """
    _check_precision(model)
    if not model.encoder.n_extra:
        raise ValueError("the encoder has no class token to read; give another functional")
    patch_size = model.architecture.patch_size
    return lambda images: model.encoder.encode_patches(patchify(images, patch_size))[:, 0]


@dataclass(frozen=True)
class Expansion:
    """h to first order at some point, along the patches of x.

    `value` (N, k) is h there, `change` (N, k) is x J, and `spread` (N,) is tr[J^T blockdiag(x x^T)
    J] = sum_q ||x_q J_q||^2 over patches q. All float64.
    """

    value: Tensor
    change: Tensor
    spread: Tensor


def expand(
    function: Function, points: Tensor, images: Tensor, patch_size: int, batch_size: int = 32
) -> Expansion:
    """Derivatives of `function` at `points` along each patch of `images`, both (N, C, H, W).

    Exact, without the Jacobian: x_q J_q is one Jacobian-vector product, in the direction of x with
    all patches but q at 0. `batch_size` patches are done at once, which bounds memory.
    """
    found = []
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        for point, image in zip(points[:, None], images[:, None], strict=True):
            value = function(point).double().flatten()
            change, spread = torch.zeros_like(value), value.new_zeros(())
            for directions in _single_patches(image, patch_size, batch_size):
                products = _products(function, point, directions).double()
                change += products.sum(dim=0)
                spread += products.square().sum()
            found.append((value, change, spread))
    return Expansion(*(torch.stack(parts) for parts in zip(*found, strict=True)))


def predicted_at_mean(expansion: Expansion, targets: Tensor, mask_ratio: float) -> Loss:
    """Lemma 4: ||t - h((1-m) x)||^2 + m (1-m) tr[J^T blockdiag(x x^T) J], J at (1-m) x.

    `expansion` is that at (1-m) x; targets (N, k).
    """
    squared_bias = (targets.double() - expansion.value).square().sum(dim=1)
    return Loss(squared_bias, mask_ratio * (1 - mask_ratio) * expansion.spread)


def predicted_at_input(expansion: Expansion, targets: Tensor, mask_ratio: float) -> Loss:
    """Lemma 5: ||t - h(x) + m x J||^2 + m (1-m) tr[J^T blockdiag(x x^T) J], J at x.

    `expansion` is that at x; targets (N, k). Lemma 6 is the same for a linear functional, for which
    it is exact: the mean output is then h(x) - m x J = (1-m) h(x).
    """
    mean = expansion.value - mask_ratio * expansion.change
    squared_bias = (targets.double() - mean).square().sum(dim=1)
    return Loss(squared_bias, mask_ratio * (1 - mask_ratio) * expansion.spread)


def masked_loss(network: Network, images: Images, recipe: MaskedLossRecipe, seed: int) -> list[Row]:
    """`rows` of a trained network: its reconstruction, and its class token if it has one.

    Masks hide the units that the network was trained with. Raises ValueError as `rows`.
    """
    model, sizes = network.model, network.model.architecture
    mean, deviation = model.encoder.pixel_mean, model.encoder.pixel_deviation
    pixels = unit_range(images.pixels).to(mean.device)
    found = rows(
        reconstruction(model),
        (pixels - mean[:, None, None]) / deviation[:, None, None],
        sizes.patch_size * sizes.unit,
        recipe.mask_ratios,
        recipe.input_scales,
        recipe.n_masks,
        generator_for(seed, 0, 0, "masked loss"),
        class_token(model) if model.encoder.n_extra else None,
    )
    return [images.columns | network.columns | row for row in found]


def rows(
    function: Function,
    images: Tensor,
    patch_size: int,
    mask_ratios: Sequence[float],
    input_scales: Sequence[float],
    n_masks: int,
    generator: torch.Generator,
    functional: Function | None = None,
    batch_size: int = 32,
) -> list[Row]:
    """Predicted and measured masked losses, one row per lemma, mask ratio and input scale.

    images: standardised (N, C, H, W), multiplied by each input scale. Lemmas 4 and 5 are those of
    `function`, whose outputs have as many values as the images; Lemma 6 is that of `functional`, if
    given, whose target is what it reads from the whole image. `n_masks` as in `bernoulli_masks`,
    the same masks at every scale.

    Losses, and the squared bias and variance that they are sums of, are divided by the mean of the
    squared norm of the targets: 1 is the loss of the output 0. "standard_error" is that of
    "measured" over masks, 0 where all masks are listed. Predictions and measurements are means over
    the same images.

    Raises ValueError for patches that do not tile the images, a mask ratio outside [0, 1), a scale
    of 0 or below, fewer than 2 masks, or a function whose outputs are no images of that size.
    """
    n_patches = _check(images, patch_size, mask_ratios, input_scales, n_masks)
    draws = [bernoulli_masks(generator, n_masks, len(images), n_patches, m) for m in mask_ratios]
    table = []
    for scale in input_scales:
        x = scale * images
        whole = expand(function, x, x, patch_size, batch_size)
        _check_outputs(whole, images)
        read = functional and expand(functional, x, x, patch_size, batch_size)
        for m, sample in zip(mask_ratios, draws, strict=True):
            start = {"mask_ratio": m, "input_scale": scale}
            targets = x.flatten(1)
            measured = measure(function, x, targets, sample, patch_size, batch_size)
            at_mean = expand(function, (1 - m) * x, x, patch_size, batch_size)
            for lemma, predicted in (
                (4, predicted_at_mean(at_mean, targets, m)),
                (5, predicted_at_input(whole, targets, m)),
            ):
                table.append({"lemma": lemma} | start | _row(predicted, *measured, sample, targets))
            if read is not None:
                predicted = predicted_at_input(read, read.value, m)
                measured = measure(functional, x, read.value, sample, patch_size, batch_size)
                table.append({"lemma": 6} | start | _row(predicted, *measured, sample, read.value))
    return table


def _row(predicted: Loss, measured: Loss, error: float, sample: MaskSample, targets: Tensor) -> Row:
    size = targets.double().square().sum(dim=1).mean()
    shares = {
        "predicted": predicted.total,
        "measured": measured.total,
        "standard_error": torch.tensor(error, dtype=torch.float64),
        "predicted_bias": predicted.squared_bias,
        "predicted_variance": predicted.variance,
        "measured_bias": measured.squared_bias,
        "measured_variance": measured.variance,
    }
    counts = {"n_masks": len(sample.masks), "n_images": len(targets)}
    return {name: (value.mean() / size).item() for name, value in shares.items()} | counts


def _products(function: Function, point: Tensor, directions: Tensor) -> Tensor:
    """Jacobian-vector products at a point (1, C, H, W): (directions, k)."""

    def along(direction: Tensor) -> Tensor:
        return torch.func.jvp(function, (point,), (direction,))[1]

    return torch.func.vmap(along)(directions[:, None]).flatten(1)


def _single_patches(image: Tensor, patch_size: int, batch_size: int) -> Iterator[Tensor]:
    """An image (1, C, H, W) with all patches but one at 0, batches of (patches, C, H, W)."""
    n_patches = image[0, 0].numel() // patch_size**2
    chosen = torch.eye(n_patches, dtype=torch.bool, device=image.device)
    for batch in chosen.split(batch_size):
        yield image * pixels(batch, image, patch_size)


def _check_outputs(expansion: Expansion, images: Tensor) -> None:
    n_values, n_pixels = expansion.value.shape[1], images[0].numel()
    if n_values != n_pixels:
        raise ValueError(
            f"the function gives {n_values} values for an image of {n_pixels}; Lemmas 4 and 5 are "
            "about reconstructions, give a readout as `functional`"
        )


def _check_precision(model: MaskedAutoencoder) -> None:
    if (name := precision.current(model)) != "float32":
        raise ValueError(
            f"the network computes in {name}, which has no forward derivative; "
            "call precision.use(model, 'float32') first"
        )


def _check(
    images: Tensor,
    patch_size: int,
    mask_ratios: Sequence[float],
    input_scales: Sequence[float],
    n_masks: int,
) -> int:
    """The number of patches."""
    if images.ndim != 4 or not len(images):
        raise ValueError(f"images of shape {tuple(images.shape)}; expected (N, C, H, W), N >= 1")
    height, width = images.shape[-2:]
    if patch_size < 1 or height % patch_size or width % patch_size:
        raise ValueError(
            f"patch size {patch_size} does not divide images of {height} x {width} pixels; "
            "use the network's own"
        )
    for mask_ratio in mask_ratios:
        check_mask_ratio(mask_ratio)
    if bad := [scale for scale in input_scales if not scale > 0]:
        raise ValueError(f"input scales {bad}: must be above 0")
    if n_masks < 2:
        raise ValueError(f"{n_masks} masks have no standard error; use 2 or more")
    return (height // patch_size) * (width // patch_size)
