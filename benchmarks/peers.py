"""Masked autoencoders of other libraries, and the usual one in plain modules, of equal sizes."""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.gpu_check.plain_mae import PlainMAE
from spatial_mae.models.architecture import Architecture

Peer = tuple[torch.nn.Module, Callable[[Tensor], Tensor]]


def transformers(sizes: Architecture, mask_ratio: float, **options) -> torch.nn.Module:
    """transformers' ViTMAE, which draws its own masks unless given `noise`.

    options: further ones of its config.
    """
    from transformers import ViTMAEConfig, ViTMAEForPreTraining

    backbone = sizes.backbone
    config = ViTMAEConfig(
        image_size=sizes.height,
        patch_size=sizes.patch_size,
        num_channels=sizes.channels,
        mask_ratio=mask_ratio,
        hidden_size=backbone.width,
        num_hidden_layers=sizes.encoder_depth,
        num_attention_heads=backbone.encoder_heads,
        intermediate_size=round(backbone.mlp_ratio * backbone.width),
        decoder_hidden_size=backbone.decoder_width,
        decoder_num_hidden_layers=sizes.decoder_depth,
        decoder_num_attention_heads=backbone.decoder_heads,
        decoder_intermediate_size=round(backbone.mlp_ratio * backbone.decoder_width),
        layer_norm_eps=1e-6,
        **options,
    )
    return ViTMAEForPreTraining(config)


def plain(sizes: Architecture, mask_ratio: float) -> Peer:
    """(network, loss of images): fused attention, fused projections, masks by sorted noise."""
    model = PlainMAE(sizes, mask_ratio)
    return model, model


def lightly(sizes: Architecture, mask_ratio: float) -> Peer:
    """(network, loss of images) of lightly's modules on timm's vision transformer."""
    from lightly.models import utils
    from lightly.models.modules import (
        MAEDecoderTIMM,
        MaskedVisionTransformerTIMM,
    )
    from timm.models.vision_transformer import VisionTransformer

    backbone, patch = sizes.backbone, sizes.patch_size
    network = VisionTransformer(
        img_size=sizes.height,
        patch_size=patch,
        num_classes=0,
        embed_dim=backbone.width,
        depth=sizes.encoder_depth,
        num_heads=backbone.encoder_heads,
        mlp_ratio=backbone.mlp_ratio,
    )
    encoder = MaskedVisionTransformerTIMM(vit=network)
    decoder = MAEDecoderTIMM(
        num_patches=sizes.n_patches,
        patch_size=patch,
        in_chans=sizes.channels,
        embed_dim=backbone.width,
        decoder_embed_dim=backbone.decoder_width,
        decoder_depth=sizes.decoder_depth,
        decoder_num_heads=backbone.decoder_heads,
        mlp_ratio=backbone.mlp_ratio,
    )
    length = encoder.sequence_length

    def loss(images: Tensor) -> Tensor:
        n = len(images)
        kept, hidden = utils.random_token_mask((n, length), mask_ratio=mask_ratio)
        seen = decoder.embed(encoder.encode(images, idx_keep=kept))
        tokens = utils.repeat_token(decoder.mask_token, (n, length))
        tokens = utils.set_at_index(tokens, kept, seen.type_as(tokens))
        predicted = decoder.predict(utils.get_at_index(decoder.decode(tokens), hidden))
        wanted = utils.get_at_index(utils.patchify(images, patch), hidden - 1)
        return torch.nn.functional.mse_loss(predicted, wanted)

    return torch.nn.ModuleList([encoder, decoder]), loss
