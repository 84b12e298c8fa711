"""Numbers that a network's sizes alone decide: parameters, and FLOPs of training."""

from dataclasses import replace

from spatial_mae.models.architecture import Architecture, flops_per_image


def parameters(architecture: Architecture) -> int:
    """Trained parameters of a masked autoencoder; of the encoder alone if it has no decoder.

    Positions are fixed and not counted; neither is the head of a classifier.
    """
    backbone, width = architecture.backbone, architecture.backbone.width
    tokens = width if backbone.class_token else 0
    embedding = (architecture.patch_values + 1) * width
    blocks = architecture.encoder_depth * _block(width, backbone.mlp_ratio)
    encoder = tokens + embedding + blocks + 2 * width
    if not architecture.decoder_depth:
        return encoder
    inner = backbone.decoder_width
    ends = (width + 1) * inner + inner + 2 * inner + (inner + 1) * architecture.patch_values
    return encoder + ends + architecture.decoder_depth * _block(inner, backbone.mlp_ratio)


def _block(width: int, mlp_ratio: float) -> int:
    """Two norms, four projections and the two layers of the MLP, each with its biases."""
    hidden = round(mlp_ratio * width)
    return 4 * width + 4 * (width + 1) * width + (width + 1) * hidden + (hidden + 1) * width


def training_flops(
    architecture: Architecture, mask_ratio: float, blocks: int | None = None
) -> float:
    """Multiplications and additions of a training step, per image.

    A masked autoencoder's forward and backward pass at `mask_ratio`; without a decoder, a
    classifier's on whole images, of which only the last `blocks` are trained (None: all): backward
    is twice forward through what is trained.
    """
    if architecture.decoder_depth:
        return flops_per_image(architecture, mask_ratio)
    forward = flops_per_image(architecture, 0.0, training=False)
    if blocks is None:
        return 3 * forward
    if blocks >= architecture.encoder_depth:
        deeper = forward
    else:  # one block more or less shows what a block costs
        more = replace(architecture, encoder_depth=architecture.encoder_depth + 1)
        deeper = blocks * (flops_per_image(more, 0.0, training=False) - forward)
    return forward + 2 * deeper
