"""The whole network against transformers' ViTMAE with the same weights, masks and images."""

import pytest
import torch
from benchmarks import peers
from transformers import ViTMAEForPreTraining

from spatial_mae.models.architecture import Architecture
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.positions import sin_cos_positions

RENAMED = {
    "vit.layers": "encoder.blocks",
    "decoder.decoder_layers": "decoder.blocks",
    "vit.embeddings.cls_token": "encoder.class_token",
    "vit.embeddings.patch_embeddings.projection": "encoder.patch_embedding",
    "vit.layernorm": "encoder.norm",
    "decoder.decoder_embed": "decoder.embedding",
    "decoder.decoder_norm": "decoder.norm",
    "decoder.decoder_pred": "decoder.head",
    "attention.o_proj": "attention.projection",
    "layernorm_before": "attention_norm",
    "layernorm_after": "mlp_norm",
    "mlp.fc1": "mlp.expand",
    "mlp.fc2": "mlp.contract",
}


def translated(tensors: dict, sizes: Architecture) -> dict:
    """transformers' parameters or gradients under this package's names and shapes."""
    result = {}
    for name, tensor in tensors.items():
        if "position" in name or "pos_embed" in name:
            continue
        for theirs, ours in RENAMED.items():
            name = name.replace(theirs, ours)
        result[name] = tensor
    for name in [name for name in result if ".q_proj." in name]:
        parts = [result.pop(name.replace("q_proj", part + "_proj")) for part in "qkv"]
        result[name.replace("q_proj", "qkv")] = torch.cat(parts)
    for name in ("encoder.class_token", "decoder.mask_token"):
        result[name] = result[name].reshape(-1)
    # A convolution's kernel is (channel, row, column), a patch here (row, column, channel).
    kernel = result["encoder.patch_embedding.weight"]
    result["encoder.patch_embedding.weight"] = kernel.permute(0, 2, 3, 1).flatten(1)
    return result


def copied_weights(model, sizes, mask_ratio, **options) -> ViTMAEForPreTraining:
    """transformers' network whose weights, none at its starting value, are copied into `model`."""
    theirs = peers.transformers(sizes, mask_ratio, **options)
    with torch.no_grad():
        # transformers 5 leaves the positions of a network that was never loaded at zero.
        theirs.vit.embeddings.position_embeddings[0, 1:] = model.encoder.positions
        theirs.decoder.decoder_pos_embed[0, 1:] = model.decoder.positions
        for parameter in theirs.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))
    parameters = {n: p.detach() for n, p in theirs.named_parameters()}
    missing, unexpected = model.load_state_dict(translated(parameters, sizes), strict=False)
    assert set(missing) == {"encoder.pixel_mean", "encoder.pixel_deviation"} and not unexpected
    return theirs


@pytest.mark.parametrize("normalise_targets", [False, True])
@pytest.mark.parametrize(("patch_size", "mask_ratio"), [(4, 0.75), (8, 0.5), (2, 0.25)])
def test_loss_and_every_gradient(
    autoencoder, architecture, images, patch_size, mask_ratio, normalise_targets
):
    torch.manual_seed(0)
    sizes = architecture(patch_size=patch_size)
    model = autoencoder(patch_size=patch_size)
    theirs = copied_weights(model, sizes, mask_ratio, norm_pix_loss=normalise_targets)
    batch = images(sizes)
    masks = draw_masks(torch.Generator().manual_seed(3), len(batch), sizes, mask_ratio, "exact")

    loss = model.loss(batch, masks, "hidden", normalise_targets)
    loss.backward()
    answer = theirs(model.encoder.standardise(batch), noise=masks.float())
    answer.loss.backward()

    assert torch.equal(answer.mask.bool(), masks)
    torch.testing.assert_close(loss, answer.loss, rtol=1e-5, atol=0)
    torch.testing.assert_close(model(batch, masks), answer.logits, rtol=1e-4, atol=1e-4)
    gradients = {n: p.grad for n, p in theirs.named_parameters() if p.requires_grad}
    expected = translated(gradients, sizes)
    found = {name: parameter.grad for name, parameter in model.named_parameters()}
    assert set(found) == set(expected)
    for name, gradient in expected.items():
        scale = gradient.abs().max().item()
        torch.testing.assert_close(found[name], gradient, rtol=0, atol=1e-4 * scale, msg=name)


def test_positions(architecture):
    decoder = peers.transformers(architecture(decoder_width=32), 0.75).decoder
    decoder.initialize_weights(16)
    expected = decoder.decoder_pos_embed[0, 1:].detach()
    torch.testing.assert_close(sin_cos_positions(4, 4, 32), expected)
