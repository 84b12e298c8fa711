"""Weights that transformers saved, read without it, against transformers' own answers."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import ViTMAEConfig, ViTMAEForPreTraining

from spatial_mae.models.hub import load_vit_mae
from spatial_mae.models.mae import patch_statistics
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.positions import sin_cos_positions

SIZES = {
    "image_size": 16,
    "patch_size": 4,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "decoder_hidden_size": 16,
    "decoder_num_hidden_layers": 2,
    "decoder_num_attention_heads": 2,
    "decoder_intermediate_size": 32,
}
# Not the one of our own networks, and large enough to be seen in float32.
EPSILON = 1e-3
# transformers 5 writes names that 4 did not; its networks have others again.
LAYOUTS = {
    "as saved": (),
    "transformers 4": (("decoder.decoder_encoder.layer.", "decoder.decoder_layers."),),
    "transformers 5": (
        ("decoder.decoder_encoder.layer.", "decoder.decoder_layers."),
        ("vit.encoder.layer.", "vit.layers."),
        ("attention.attention.query", "attention.q_proj"),
        ("attention.attention.key", "attention.k_proj"),
        ("attention.attention.value", "attention.v_proj"),
        ("attention.output.dense", "attention.o_proj"),
        ("intermediate.dense", "mlp.fc1"),
        ("output.dense", "mlp.fc2"),
    ),
}


def network(**changes) -> ViTMAEForPreTraining:
    """A random network, no parameter at its starting value, with He et al.'s positions."""
    torch.manual_seed(0)
    model = ViTMAEForPreTraining(
        ViTMAEConfig(**{"layer_norm_eps": EPSILON, "mask_ratio": 0.5} | SIZES | changes)
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        for positions in (
            model.vit.embeddings.position_embeddings,
            model.decoder.decoder_pos_embed,
        ):
            side = round((positions.shape[1] - 1) ** 0.5)
            positions[0, 0] = 0
            positions[0, 1:] = sin_cos_positions(side, side, positions.shape[2])
    return model.eval()


@pytest.fixture
def saved(tmp_path):
    network().save_pretrained(tmp_path)
    return tmp_path


def rewrite(folder, change) -> None:
    """Change the tensors of a saved network in place, by name."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})


def configure(folder, name="config.json", **changes) -> None:
    path = folder / name
    values = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({k: v for k, v in (values | changes).items() if v != "absent"}))


def assert_same(theirs, ours, images) -> None:
    masks = draw_masks(
        torch.Generator().manual_seed(3), len(images), ours.architecture, 0.5, "exact"
    )
    with torch.no_grad():
        answer = theirs(ours.encoder.standardise(images), noise=masks.float())
        found = ours(images, masks)
    assert torch.equal(answer.mask.bool(), masks)
    torch.testing.assert_close(found, answer.logits, rtol=0, atol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_same_reconstruction_from_every_layout_of_names(tmp_path, images, layout):
    theirs = network()
    theirs.save_pretrained(tmp_path)

    def rename(tensors):
        for name in list(tensors):
            new = name
            for old, other in layout:
                new = new.replace(old, other)
            tensors[new] = tensors.pop(name)

    rewrite(tmp_path, rename)
    ours, metadata = load_vit_mae(tmp_path)
    assert_same(theirs, ours, images(ours.architecture))
    assert metadata["kind"] == "mae" and metadata["mask_ratio"] == 0.5
    assert metadata["normalise_targets"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"qkv_bias": False},
        {"num_channels": 1},
        {"image_size": [16, 16], "patch_size": 8},
        {"decoder_num_hidden_layers": 1, "num_hidden_layers": 3},
        {"intermediate_size": 48, "decoder_intermediate_size": 24},
    ],
)
def test_every_field_of_the_config(tmp_path, images, changes):
    theirs = network(**changes)
    theirs.save_pretrained(tmp_path)
    if changes.get("num_channels") == 1:
        configure(tmp_path, "preprocessor_config.json", image_mean=[0.4], image_std=[0.2])
    ours, _ = load_vit_mae(tmp_path)
    assert_same(theirs, ours, images(ours.architecture))


def test_normalised_targets_are_told_and_undone(tmp_path, images):
    theirs = network(norm_pix_loss=True)
    theirs.save_pretrained(tmp_path)
    ours, metadata = load_vit_mae(tmp_path)
    assert metadata["normalise_targets"] is True
    batch = images(ours.architecture)
    masks = draw_masks(torch.Generator().manual_seed(3), 4, ours.architecture, 0.5, "exact")
    standardised = ours.encoder.standardise(batch)
    with torch.no_grad():
        answer = theirs(standardised, noise=masks.float())
        found = ours.reconstruct(batch, masks, normalised=True)
        mean, deviation = patch_statistics(theirs.patchify(standardised))
        expected = theirs.unpatchify(answer.logits * deviation + mean)
        torch.testing.assert_close(ours.loss(batch, masks, "hidden", True), answer.loss)
    torch.testing.assert_close(ours.encoder.standardise(found), expected, rtol=0, atol=1e-4)


def test_pixel_statistics(saved):
    mean = load_vit_mae(saved)[0].encoder.pixel_mean
    assert mean.tolist() == pytest.approx([0.485, 0.456, 0.406])
    configure(saved, "preprocessor_config.json", image_mean=[0.1] * 3, image_std=[0.5, 0.6, 0.7])
    encoder = load_vit_mae(saved)[0].encoder
    assert encoder.pixel_mean.tolist() == pytest.approx([0.1] * 3)
    assert encoder.pixel_deviation.tolist() == pytest.approx([0.5, 0.6, 0.7])
    configure(saved, "preprocessor_config.json", do_normalize=False)
    encoder = load_vit_mae(saved)[0].encoder
    assert encoder.pixel_mean.tolist() == [0] * 3 and encoder.pixel_deviation.tolist() == [1] * 3


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_files_have_rounded_positions(saved, dtype):
    exact, _ = load_vit_mae(saved)
    rewrite(saved, lambda t: t.update({name: value.to(dtype) for name, value in t.items()}))
    rounded, _ = load_vit_mae(saved)
    assert torch.equal(rounded.decoder.positions, exact.decoder.positions)
    for name, value in rounded.named_parameters():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, exact.get_parameter(name), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "vit"}, "model_type 'vit' is not 'vit_mae'"),
        ({"hidden_act": "relu"}, "hidden_act 'relu'"),
        ({"hidden_size": "absent"}, "config.json lacks hidden_size"),
        ({"hidden_size": "32"}, "hidden_size '32' is no whole number"),
        (
            {"hidden_size": 64, "intermediate_size": 128},
            "encoder positions of shape \\(17, 32\\); \\(17, 64\\)",
        ),
        ({"num_attention_heads": 5}, "encoder_heads 5 does not divide width 32"),
        ({"decoder_num_hidden_layers": 0}, "decoder_num_hidden_layers 0"),
        ({"decoder_num_hidden_layers": 3}, "lacks decoder.blocks.2.*and 11 more"),
        ({"num_hidden_layers": 1}, "fit nowhere in a ViTMAE: encoder.blocks.1"),
        ({"num_channels": 4}, "are not for 4 channels"),
        ({"decoder_intermediate_size": 48}, "decoder_intermediate_size 48 is not 2 times"),
        ({"intermediate_size": 128, "decoder_intermediate_size": 64}, r"expand.weight \(64, 32\)"),
        ({"patch_size": [4, 2]}, "patches of 4 x 2 pixels are not square"),
        ({"patch_size": 5}, "patch size 5 does not divide"),
        ({"image_size": 32}, "encoder positions of shape"),
    ],
)
def test_configs_that_do_not_fit_are_refused_by_field(saved, changes, message):
    configure(saved, **changes)
    with pytest.raises(ValueError, match=message):
        load_vit_mae(saved)


def test_other_positions_are_refused(saved):
    rewrite(saved, lambda tensors: tensors["decoder.decoder_pos_embed"][0, 3].add_(0.01))
    with pytest.raises(ValueError, match=r"decoder's positions differ by up to 0.01 from fixed"):
        load_vit_mae(saved)
    rewrite(saved, lambda tensors: tensors.pop("decoder.decoder_pos_embed"))
    with pytest.raises(ValueError, match="lacks the positions of the decoder"):
        load_vit_mae(saved)


def test_an_encoder_alone_is_refused(tmp_path):
    network().vit.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="an encoder alone.*need a decoder.*ViTMAEForPreTraining"):
        load_vit_mae(tmp_path)


def test_missing_and_broken_files_are_named(saved, tmp_path_factory):
    with pytest.raises(ValueError, match="holds no config.json"):
        load_vit_mae(tmp_path_factory.mktemp("empty"))
    weights = saved / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-100])
    with pytest.raises(ValueError, match="model.safetensors: truncated"):
        load_vit_mae(saved)
    weights.rename(saved / "pytorch_model.bin")
    with pytest.raises(
        ValueError, match="no model.safetensors but .*pytorch_model.bin.*never read"
    ):
        load_vit_mae(saved)
    (saved / "config.json").write_text("{")
    with pytest.raises(ValueError, match="config.json: no JSON"):
        load_vit_mae(saved)


def test_transformers_is_not_needed(saved):
    code = (
        "import sys; sys.modules['transformers'] = None\n"
        "from spatial_mae.models.hub import load_vit_mae\n"
        f"load_vit_mae({str(saved)!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
