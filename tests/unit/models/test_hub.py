"""Weights that transformers saved, read without it, against transformers' own answers."""

import json
import re
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from spatial_mae.models.hub import load_vit_mae
from spatial_mae.models.mae import patch_statistics
from spatial_mae.models.masks import draw_masks

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


@pytest.fixture
def saved(tmp_path, vit_mae):
    vit_mae().save_pretrained(tmp_path)
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


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_same_reconstruction_from_every_layout_of_names(tmp_path, vit_mae, same_answer, layout):
    theirs = vit_mae()
    theirs.save_pretrained(tmp_path)

    def rename(tensors):
        for name in list(tensors):
            new = name
            for old, other in layout:
                new = new.replace(old, other)
            tensors[new] = tensors.pop(name)

    rewrite(tmp_path, rename)
    ours, metadata = load_vit_mae(tmp_path)
    same_answer(theirs, ours)
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
def test_every_field_of_the_config(tmp_path, vit_mae, same_answer, changes):
    theirs = vit_mae(**changes)
    theirs.save_pretrained(tmp_path)
    if changes.get("num_channels") == 1:
        configure(tmp_path, "preprocessor_config.json", image_mean=[0.4], image_std=[0.2])
    ours, _ = load_vit_mae(tmp_path)
    same_answer(theirs, ours)


def test_normalised_targets_are_told_and_undone(tmp_path, vit_mae, images):
    theirs = vit_mae(norm_pix_loss=True)
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
        ({"decoder_num_hidden_layers": 3}, "lacks decoder.blocks.2.*and 7 more"),
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


def test_an_encoder_alone_is_refused(tmp_path, vit_mae):
    vit_mae().vit.save_pretrained(tmp_path)
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
        ValueError, match="neither model.safetensors nor .*pytorch_model.bin.*never read"
    ):
        load_vit_mae(saved)
    (saved / "config.json").write_text("{")
    with pytest.raises(ValueError, match="config.json: no JSON"):
        load_vit_mae(saved)


@pytest.fixture
def sharded(tmp_path, vit_mae):
    vit_mae().save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("model-*-of-*.safetensors"))) > 2
    return tmp_path


def test_the_same_reconstruction_from_several_shards(sharded, vit_mae, same_answer):
    same_answer(vit_mae(), load_vit_mae(sharded)[0])


def test_shards_that_are_missing_or_elsewhere_are_refused(sharded):
    index = sharded / "model.safetensors.index.json"
    text = index.read_text()
    name, shard = next(iter(json.loads(text)["weight_map"].items()))
    for elsewhere in (f"../{shard}", f"/{shard}", "..", "pytorch_model.bin", 3):
        change = json.loads(text)
        change["weight_map"][name] = elsewhere
        index.write_text(json.dumps(change))
        with pytest.raises(ValueError, match=f"{name} is in .*no safetensors file of this folder"):
            load_vit_mae(sharded)
    index.write_text(text.replace(f'"{name}"', '"absent.weight"'))
    with pytest.raises(ValueError, match=f"{shard}: lacks absent.weight"):
        load_vit_mae(sharded)
    for broken in ("{", "[]", '{"weight_map": {}}', "{}"):
        index.write_text(broken)
        with pytest.raises(ValueError, match=r"index.json: .*copy it again"):
            load_vit_mae(sharded)
    index.write_text(text)
    (sharded / shard).unlink()
    with pytest.raises(ValueError, match=f"lacks {shard}, which .*index.json names"):
        load_vit_mae(sharded)


def test_a_prefix_before_all_names_is_taken_away_and_said(saved, vit_mae, same_answer, capsys):
    rewrite(saved, lambda t: [t.update({f"module.{name}": t.pop(name)}) for name in list(t)])
    same_answer(vit_mae(), load_vit_mae(saved)[0])
    said = "the prefix 'module.' of all names, of DataParallel, was taken away"
    assert said in capsys.readouterr().err
    rewrite(saved, lambda tensors: tensors.pop("module.vit.embeddings.cls_token"))
    with pytest.raises(ValueError, match=re.escape(f"({said})")):
        load_vit_mae(saved)


def test_a_layer_of_which_a_part_is_missing(saved):
    key = "vit.encoder.layer.1.attention.attention.key.bias"
    rewrite(saved, lambda tensors: tensors.pop(key))
    with pytest.raises(ValueError, match=r"lacks encoder.blocks.1.attention.key.bias"):
        load_vit_mae(saved)


def test_a_folder_of_timm_is_named(saved):
    configure(saved, model_type="absent", architecture="vit_base_patch16_224")
    with pytest.raises(ValueError, match="timm's vit_base_patch16_224, an encoder alone.*decoder"):
        load_vit_mae(saved)


def test_transformers_is_not_needed(saved):
    code = (
        "import sys; sys.modules['transformers'] = None\n"
        "from spatial_mae.models.hub import load_vit_mae\n"
        f"load_vit_mae({str(saved)!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
