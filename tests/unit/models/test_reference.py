"""Files with the names of the reference MAE, against transformers' answers for the same weights."""

import argparse
import json
import os

import pytest
import torch
from safetensors.torch import save_file

from spatial_mae.models.architecture import to_json
from spatial_mae.models.reference import is_reference, load_reference
from spatial_mae.models.weights import save_weights

KNOWN = {"mask_ratio": 0.75, "normalise_targets": False, "encoder_heads": 4, "decoder_heads": 2}
# Names of the reference, by those of running networks of transformers 5.
NAMES = (
    ("vit.embeddings.cls_token", "cls_token"),
    ("vit.embeddings.position_embeddings", "pos_embed"),
    ("vit.embeddings.patch_embeddings.projection.", "patch_embed.proj."),
    ("vit.layers.", "blocks."),
    ("vit.layernorm.", "norm."),
    ("decoder.decoder_layers.", "decoder_blocks."),
    ("decoder.mask_token", "mask_token"),
    ("decoder.decoder_", "decoder_"),
    ("layernorm_before", "norm1"),
    ("layernorm_after", "norm2"),
    (".attention.o_proj.", ".attn.proj."),
    (".attention.q_proj.", ".attn.qkv."),
)


def reference_names(network) -> dict[str, torch.Tensor]:
    """The tensors of transformers' network under the reference's names."""
    theirs, found = network.state_dict(), {}
    for name, value in theirs.items():
        if ".q_proj." in name:
            value = torch.cat([theirs[name.replace("q_proj", f"{part}_proj")] for part in "qkv"])
        elif ".k_proj." in name or ".v_proj." in name:
            continue
        for old, new in NAMES:
            name = name.replace(old, new)
        found[name] = value.clone()
    return found


@pytest.fixture
def theirs(vit_mae):
    return vit_mae(layer_norm_eps=1e-6)


@pytest.fixture
def tensors(theirs):
    return reference_names(theirs)


@pytest.fixture
def write(tmp_path):
    """Write a file of torch.save and, if anything is known, the JSON file next to it."""

    def save(content, name="mae.pth", known=KNOWN, **options):
        path = tmp_path / name
        torch.save(content, path, **options)
        if known is not None:
            path.with_suffix(".json").write_text(json.dumps(known))
        return path

    return save


def test_the_names_are_the_references(tensors):
    block = ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"]
    layers = [
        f"{part}.{i}.{n}" for part in ("blocks", "decoder_blocks") for i in (0, 1) for n in block
    ]
    layers += ["patch_embed.proj", "norm", "decoder_embed", "decoder_norm", "decoder_pred"]
    wanted = {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}
    assert wanted | {"cls_token", "pos_embed", "mask_token", "decoder_pos_embed"} == set(tensors)


@pytest.mark.parametrize("new_format", [True, False], ids=["zip", "before torch 1.6"])
def test_the_same_reconstruction_from_a_pickle(theirs, tensors, write, same_answer, new_format):
    path = write({"model": tensors}, _use_new_zipfile_serialization=new_format)
    assert is_reference(path)
    ours, metadata = load_reference(path)
    same_answer(theirs, ours)
    assert metadata["kind"] == "mae" and metadata["mask_ratio"] == 0.75
    assert metadata["normalise_targets"] is False
    assert ours.encoder.pixel_mean.tolist() == pytest.approx([0.485, 0.456, 0.406])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_becomes_float32(tensors, write, dtype):
    exact, _ = load_reference(write({"model": tensors}))
    halves = {name: value.to(dtype) for name, value in tensors.items()}
    rounded, _ = load_reference(write({"model": halves}, "half.pth"))
    for name, value in rounded.named_parameters():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, exact.get_parameter(name), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "module._orig_mod."])
def test_prefixes_of_programs_are_taken_away_and_said(
    theirs, tensors, write, same_answer, capsys, prefix
):
    path = write({"state_dict": {prefix + name: value for name, value in tensors.items()}})
    same_answer(theirs, load_reference(path)[0])
    assert f"{path}: the prefix {prefix!r} of all names" in capsys.readouterr().err


def test_safetensors_with_the_same_names(theirs, tensors, tmp_path, same_answer, autoencoder):
    path = tmp_path / "mae.safetensors"
    save_file({f"module.{name}": value for name, value in tensors.items()}, path)
    path.with_suffix(".json").write_text(json.dumps(KNOWN))
    assert is_reference(path)
    same_answer(theirs, load_reference(path)[0])
    save_file({"encoder.class_token": torch.zeros(1)}, path)
    assert not is_reference(path) and not is_reference(tmp_path / "none")
    path.write_bytes(b"\0" * 20)
    assert not is_reference(path)


def test_the_programs_arguments_say_how_it_was_trained(tensors, write):
    arguments = argparse.Namespace(mask_ratio=0.6, norm_pix_loss=True, model="mae", device="cuda")
    content = {"model": tensors, "epoch": 3, "scaler": {"scale": 2.0}, "args": arguments}
    heads = {"encoder_heads": 4, "decoder_heads": 2}
    metadata = load_reference(write(content, known=heads))[1]
    assert (metadata["mask_ratio"], metadata["normalise_targets"]) == (0.6, True)
    metadata = load_reference(write(content, known=heads | {"mask_ratio": 0.5}))[1]
    assert metadata["mask_ratio"] == 0.5


def test_pixel_statistics_and_published_heads(vit_mae, write):
    sizes = {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 32}
    sizes |= {"decoder_hidden_size": 512, "decoder_num_attention_heads": 16}
    sizes |= {"decoder_intermediate_size": round(512 * 32 / 768), "num_channels": 1}
    one = {"num_hidden_layers": 1, "decoder_num_hidden_layers": 1}
    content = {"model": reference_names(vit_mae(**sizes, **one))}
    known = {"mask_ratio": 0.75, "normalise_targets": True}
    path = write(content, known=known)
    with pytest.raises(ValueError, match=r"for 3 and 3 channels, the network for 1.*mae\.json"):
        load_reference(path)
    path = write(content, known=known | {"image_mean": [0.4], "image_std": [0.2]})
    ours, metadata = load_reference(path)
    backbone = metadata["architecture"]["backbone"]
    assert (backbone["encoder_heads"], backbone["decoder_heads"]) == (12, 16)
    assert ours.encoder.pixel_deviation.tolist() == pytest.approx([0.2])


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (None, r"mask_ratio, normalise_targets unknown.*write them as .*into .*mae\.json.*_full"),
        ({"mask_ratio": 0.75}, "normalise_targets unknown"),
        (KNOWN | {"encoder_heads": None}, "encoder_heads"),
        (
            {"mask_ratio": 0.75, "normalise_targets": False},
            "encoder_heads unknown.* width 32 .*add",
        ),
        (KNOWN | {"encoder_heads": 5}, "encoder_heads 5 does not divide width 32"),
        (KNOWN | {"mask_ratio": 75}, "mask_ratio"),
        (KNOWN | {"maskratio": 75}, "unknown key 'maskratio'"),
        (KNOWN | {"image_mean": [0.5]}, "for 1 and 3 channels"),
        ([1], r"mae\.json"),
    ],
)
def test_what_the_file_cannot_say_is_asked_for(tensors, write, known, message):
    path = write({"model": tensors}, known=known)
    with pytest.raises(ValueError, match=message) as refusal:
        load_reference(path)
    assert str(refusal.value).startswith(str(path))


def encoder_alone(tensors):
    return {n: t for n, t in tensors.items() if not n.startswith(("decoder", "mask_token"))}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (encoder_alone, "encoder alone.*mae_pretrain_vit_base_full.pth"),
        (lambda t: {n: v for n, v in t.items() if n != "mask_token"}, "lacks decoder.mask_token"),
        (lambda t: t | {"head.weight": torch.zeros(2, 2)}, "fit nowhere in a ViTMAE: head.weight"),
        (lambda t: t | {"norm.weight": torch.zeros(3)}, r"encoder.norm.weight \(3,\) != \(32,\)"),
        (lambda t: t | {"pos_embed": t["pos_embed"] + 1}, "positions differ by up to 1"),
        (lambda t: t | {"pos_embed": t["pos_embed"][:, :16]}, "15 patches of 4 x 4 pixels"),
        (lambda t: t | {"norm.weight": torch.zeros(32).int()}, "not of floating point"),
        (lambda t: t | {"patch_embed.proj.weight": torch.zeros(32, 48)}, r"is \(32, 48\); 4 dim"),
    ],
)
def test_tensors_that_do_not_fit_are_named(tensors, write, change, message):
    path = write({"model": change(tensors)})
    with pytest.raises(ValueError, match=message) as refusal:
        load_reference(path)
    assert str(refusal.value).startswith(str(path))


class Payload:
    """What runs a command where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("new_format", [True, False])
def test_a_pickle_with_code_is_refused_and_not_run(tensors, write, tmp_path, new_format):
    content = {"model": tensors, "args": Payload(tmp_path / "ran")}
    path = write(content, _use_new_zipfile_serialization=new_format)
    with pytest.raises(ValueError, match=r"mae.pth: holds more than tensors.*mkdir.*any code"):
        load_reference(path)
    assert not (tmp_path / "ran").exists()
    torch.load(path, weights_only=False)  # the payload is a real one
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [{"model": 3}, [1], {}, {"epoch": 3}, {"model": {"a": 1}}])
def test_files_without_a_network_are_refused(write, content):
    with pytest.raises(ValueError, match=r"mae\.pth: .*tensors by name"):
        load_reference(write(content))


@pytest.mark.parametrize("length", [3, 100, 5000, -50])
def test_truncated_pickles_are_named(tensors, write, length):
    path = write({"model": tensors})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"mae\.pth: (truncated|holds more than)"):
        load_reference(path)


def test_our_own_weights_are_none_of_the_references(tmp_path, autoencoder, architecture):
    path = tmp_path / "weights.safetensors"
    metadata = {"kind": "mae", "architecture": to_json(architecture())}
    starts = set()
    for length in range(0, 256, 8):  # the first byte, of the header's length, takes all its values
        save_weights(path, autoencoder().state_dict(), metadata | {"note": "x" * length})
        starts.add(path.read_bytes()[0])
        assert not is_reference(path)
    assert 0x80 in starts  # as a pickle begins
