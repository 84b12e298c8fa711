"""Features of a frozen encoder, of whole images."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from spatial_mae.evaluation.recipe import Representation, Tokens
from spatial_mae.models import precision
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.training.execution import fastest_products
from spatial_mae.training.mapped_images import Images, read_ahead, slices

BATCH = 128

Features = dict[tuple[str, int | None], Tensor]
"""(representation, block) -> (n, width) float32; block is 1 to the depth for "block", else None."""


def freeze(network: torch.nn.Module) -> None:
    """Put a network in evaluation mode, without gradients, computing in float32.

    On a CPU its products are those that are faster on this machine.
    """
    network.eval().requires_grad_(False)
    device = next(network.parameters()).device
    precision.use(network, "float32", products=fastest_products(device))


def features(
    encoder: VisionTransformer,
    images: Images,
    representations: Sequence[Representation],
    batch_size: int = BATCH,
) -> Features:
    """Features of unmasked images, uint8 (n, C, H, W), on the encoder's device.

    "class_token" and "mean" (of the patch tokens) follow the final LayerNorm; "blocks" are the mean
    patch token after each block, before it.

    Raises ValueError if the encoder is not frozen (see `freeze`), or has no class token and one is
    asked for.
    """
    check_representations(encoder, representations)
    device = _device_of_frozen(encoder)
    found: Features = {}
    with torch.inference_mode():
        for start, batch in image_batches(images, batch_size, device):
            for key, values in _batch_features(encoder, batch, representations):
                if key not in found:
                    found[key] = values.new_empty((len(images), values.shape[1]))
                found[key][start : start + len(values)] = values
    return found


def layer_features(encoder: VisionTransformer, images: Tensor, tokens: Tokens) -> list[Tensor]:
    """One batch's features after each block, before the final norm: encoder_depth of (n, width).

    tokens: the mean patch token or the class token. Raises ValueError as `features`.
    """
    check_representations(encoder, (tokens,))
    device = _device_of_frozen(encoder)
    with torch.inference_mode():
        outputs = encoder.layers(unit_range(images.to(device)))[1:]
        if tokens == "class_token":
            return [layer[:, 0].float() for layer in outputs]
        return [mean_patch_token(encoder, layer) for layer in outputs]


def check_representations(encoder: VisionTransformer, wanted: Sequence[str]) -> None:
    """ValueError where a class token is asked of an encoder without one."""
    if "class_token" in wanted and not encoder.n_extra:
        raise ValueError(
            "the encoder has no class token to probe: use the representation mean, or pretrain "
            "with class_token: true"
        )


def image_batches(
    images: Images, batch_size: int, device: torch.device
) -> Iterator[tuple[int, Tensor]]:
    """(position of the first, images in [0, 1] on `device`), with a bar on a terminal."""
    parts = slices(len(images), batch_size)
    read_ahead(images, parts)
    for part in tqdm(parts, unit="batch", leave=False, disable=None):
        yield part.start, unit_range(images[part].to(device))


def unit_range(images: Tensor) -> Tensor:
    """uint8 images as float32 in [0, 1]."""
    return images.float() / 255


def mean_patch_token(encoder: VisionTransformer, tokens: Tensor) -> Tensor:
    """Mean over the patch tokens, the class token left out: float32 (n, width)."""
    return tokens[:, encoder.n_extra :].mean(dim=1, dtype=torch.float32)


def _batch_features(
    encoder: VisionTransformer, images: Tensor, wanted: Sequence[Representation]
) -> Iterator[tuple[tuple[str, int | None], Tensor]]:
    layers = encoder.layers(images)
    last = encoder.normalise(layers[-1])
    if "class_token" in wanted:
        yield ("class_token", None), last[:, 0].float()
    if "mean" in wanted:
        yield ("mean", None), mean_patch_token(encoder, last)
    if "blocks" in wanted:
        for block, tokens in enumerate(layers[1:], start=1):
            yield ("block", block), mean_patch_token(encoder, tokens)


def _device_of_frozen(encoder: VisionTransformer) -> torch.device:
    parameters = list(encoder.parameters())
    if encoder.training or any(p.requires_grad for p in parameters):
        raise ValueError(
            "the encoder is not frozen: call evaluation.features.freeze before taking features"
        )
    return parameters[0].device
