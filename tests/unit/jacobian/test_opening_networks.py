"""Networks from what a user has: what is read, and what is refused."""

import json
from argparse import Namespace
from dataclasses import replace

import pytest
import torch
from torch import nn
from toy_inputs import GREY, SQUARE, save

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.files import seal_of
from spatial_mae.jacobian.inputs import open_network
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.pixels import hidden_pixels
from spatial_mae.jacobian.stage import inputs_of
from spatial_mae.models.architecture import to_json
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.weights import load_mae, save_weights


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_jacobian_on_a_gpu_is_that_of_the_cpu(tmp_path, gpu, mode):
    save(tmp_path / "weights.safetensors")
    found = []
    for device in (gpu, "cpu"):
        model = open_network(tmp_path / "weights.safetensors", device=device).model
        size = model.architecture
        image = torch.linspace(0, 1, size.height * size.width_pixels)
        image = image.view(1, size.height, size.width_pixels)
        mask = torch.arange(size.n_patches) % 2 == 0
        given = (part.to(device) for part in (image, mask, hidden_pixels(size, mask)[:5]))
        found.append(jacobian(model, *given, mode=mode, hidden_only=True).kernels().cpu())
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-6)


def test_weights_of_ours_are_opened_with_how_they_were_trained(tmp_path):
    saved = save(tmp_path / "weights.safetensors")
    network = open_network(tmp_path / "weights.safetensors")
    assert network.model.architecture == GREY
    found = network.model.state_dict()
    assert found.keys() == saved.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in saved.state_dict().items())
    assert not network.model.training
    assert not any(parameter.requires_grad for parameter in network.model.parameters())
    assert network.masking == Masking(0.5, "bernoulli", True)
    assert (network.loss_on, network.epoch) == ("all", 3)
    assert network.columns == {
        "patch": 2,
        "unit": 2,
        "mask": 0.5,
        "enc": 2,
        "dec": 1,
        "model_width": 16,
        "epochs": 7,
        "pretrain_n_train": 60,
        "status": "completed",
    }


def test_the_recipe_of_the_training_is_told(tmp_path):
    save(tmp_path / "w", sampling="exact", normalise_targets=False, loss_on="hidden", epoch=0)
    network = open_network(str(tmp_path / "w"))
    assert network.masking == Masking(0.5, "exact", False)
    assert (network.loss_on, network.epoch) == ("hidden", 0)


def test_another_mask_ratio_replaces_that_of_the_training(tmp_path):
    save(tmp_path / "w")
    network = open_network(tmp_path / "w", mask_ratio=0.75)
    assert network.masking == Masking(0.75, "bernoulli", True)
    assert network.columns["mask"] == 0.75


@pytest.mark.parametrize(
    ("ratio", "problem"),
    [(0.05, "no unit is hidden"), (0.0, "no unit is hidden"), (0.95, "no unit stays visible")],
)
def test_a_mask_ratio_that_hides_nothing_or_all_is_refused(tmp_path, ratio, problem):
    save(tmp_path / "w")
    message = f"mask ratio {ratio} of 6 mask units: {problem}; use a mask ratio from 0.1667"
    with pytest.raises(ValueError, match=message):
        open_network(tmp_path / "w", mask_ratio=ratio)


@pytest.mark.parametrize(
    ("kind", "depth", "parts"),
    [
        ("classifier", 0, ("encoder.",)),
        ("classifier", 1, ("encoder.",)),
        ("mae", 1, ("encoder.",)),
        ("mae", 0, ("encoder.", "decoder.")),
    ],
)
def test_weights_without_a_decoder_are_refused(tmp_path, kind, depth, parts):
    save(tmp_path / "w", kind=kind, parts=parts, architecture=replace(GREY, decoder_depth=depth))
    message = rf"w: holds an encoder alone \({kind}\), no decoder; give the weights of a masked"
    with pytest.raises(ValueError, match=message):
        open_network(tmp_path / "w")


@pytest.mark.parametrize("normalised", [True, False])
def test_a_network_draws_reconstructs_and_differentiates_as_it_was_trained(tmp_path, normalised):
    model = save(tmp_path / "w", normalise_targets=normalised)
    network = open_network(tmp_path / "w", mask_ratio=0.75)
    masks = network.draw_masks(3, torch.Generator().manual_seed(0))
    law = (GREY, 0.75, "bernoulli")
    assert torch.equal(masks, draw_masks(torch.Generator().manual_seed(0), 3, *law))
    images = torch.rand(3, 1, 8, 12, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = model.reconstruct(images, masks, normalised)
    assert torch.equal(network.reconstruct(images, masks), expected)
    found = network.jacobian(images[0], masks[0])
    hidden = hidden_pixels(GREY, masks[0])
    assert torch.equal(found.outputs, hidden)
    direct = jacobian(model, images[0], masks[0], hidden, normalised=normalised)
    assert torch.equal(found.values, direct.values)
    one = network.jacobian(images[0], masks[0], hidden[:1], mode="reverse")
    assert one.mode == "reverse" and len(one.outputs) == 1


def test_weights_that_do_not_say_how_they_were_trained_are_named(tmp_path):
    model = save(tmp_path / "weights.safetensors")
    known = {"kind": "mae", "architecture": to_json(GREY), "mask_ratio": 0.5}
    save_weights(tmp_path / "bare.safetensors", model.state_dict(), known)
    with pytest.raises(ValueError, match=r"bare.*does not say how .*epoch, recipe"):
        open_network(tmp_path / "bare.safetensors")


def test_damaged_and_missing_weights_are_named(tmp_path):
    path = tmp_path / "weights.safetensors"
    with pytest.raises(ValueError, match="weights.safetensors: no such weights file"):
        open_network(path)
    save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="weights.safetensors is not what was written there"):
        open_network(path)
    seal_of(path).unlink()
    with pytest.raises(ValueError, match="weights.safetensors: truncated"):
        open_network(path)


def test_a_saved_vit_mae_is_opened_without_a_history(vit_mae):
    network = open_network(vit_mae)
    assert network.masking == Masking(0.6, "exact", True)
    assert (network.loss_on, network.epoch) == ("hidden", None)
    assert network.columns == {
        "patch": 4,
        "unit": 1,
        "mask": 0.6,
        "enc": 2,
        "dec": 1,
        "model_width": 32,
    }
    assert not network.model.training
    assert not any(parameter.requires_grad for parameter in network.model.parameters())
    assert open_network(vit_mae, 0.25).columns["mask"] == 0.25
    with pytest.raises(ValueError, match="mask ratio 0.01 of 16 mask units: no unit is hidden"):
        open_network(vit_mae, 0.01)


@pytest.fixture
def reference(tmp_path):
    """A file with the names of the reference MAE, and how it was trained next to it."""
    model = save(tmp_path / "ours.safetensors", architecture=SQUARE)
    tensors = {"pos_embed": model.encoder.positions, "decoder_pos_embed": model.decoder.positions}
    tensors = {name: nn.functional.pad(t, (0, 0, 1, 0))[None] for name, t in tensors.items()}
    for name, value in model.state_dict().items():
        for ours, theirs in REFERENCE_NAMES:
            name = name.replace(ours, theirs)
        tensors[name] = value
    sizes = model.architecture
    side, channels = sizes.patch_size, sizes.channels
    kernel = tensors["patch_embed.proj.weight"].reshape(-1, side, side, channels)
    tensors["patch_embed.proj.weight"] = kernel.permute(0, 3, 1, 2)
    tensors = {name: value for name, value in tensors.items() if "pixel_" not in name}
    torch.save({"model": tensors}, tmp_path / "mae.pth")
    heads = {name: getattr(sizes.backbone, name) for name in ("encoder_heads", "decoder_heads")}
    statistics = {"image_mean": [0.5] * channels, "image_std": [0.2] * channels}
    known = {"mask_ratio": 0.5, "normalise_targets": True} | heads | statistics
    (tmp_path / "mae.json").write_text(json.dumps(known))
    return tmp_path / "mae.pth"


REFERENCE_NAMES = (
    ("encoder.patch_embedding", "patch_embed.proj"),
    ("encoder.class_token", "cls_token"),
    ("encoder.", ""),
    ("decoder.mask_token", "mask_token"),
    ("decoder.embedding", "decoder_embed"),
    ("decoder.head", "decoder_pred"),
    ("decoder.", "decoder_"),
    ("attention_norm", "norm1"),
    ("mlp_norm", "norm2"),
    ("attention.projection", "attn.proj"),
    ("attention.", "attn."),
    ("mlp.expand", "mlp.fc1"),
    ("mlp.contract", "mlp.fc2"),
)


def test_weights_of_the_reference_are_opened_and_recorded(reference):
    network = open_network(reference)
    assert network.masking == Masking(0.5, "exact", True)
    assert (network.loss_on, network.epoch) == ("hidden", None)
    ours, _ = load_mae(reference.with_name("ours.safetensors"))
    for name, value in network.model.named_parameters():
        assert torch.equal(value, ours.get_parameter(name)), name
    given = Namespace(weights=reference, images=reference.parent)
    assert inputs_of(given) == [reference, reference.with_suffix(".json")]


def test_a_folder_that_holds_no_network_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no config.json"):
        open_network(tmp_path)
