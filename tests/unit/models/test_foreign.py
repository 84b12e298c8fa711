"""Weights that other programs saved are named for what they are, with a way to bring them in."""

import pytest
import torch
from safetensors.torch import save_file

from spatial_mae.models.weights import load_encoder, load_mae


@pytest.mark.parametrize("new_format", [True, False])
@pytest.mark.parametrize("load", [load_mae, load_encoder])
def test_a_pickle_of_the_reference_is_refused_with_where_it_is_read(tmp_path, new_format, load):
    path = tmp_path / "mae_pretrain_vit_base.pth"
    content = {"model": {"cls_token": torch.zeros(1)}}
    torch.save(content, path, _use_new_zipfile_serialization=new_format)
    with pytest.raises(
        ValueError, match=r"base.pth: a pickle of torch.save.*read by measure_jacobian"
    ):
        load(path)


def test_a_damaged_file_is_not_called_a_pickle(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"\0" * 20)
    with pytest.raises(ValueError, match="truncated, or no safetensors file.*rerun the job"):
        load_mae(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "module.encoder.norm.weight",
            "prefix 'module.', of DataParallel: write the network inside",
        ),
        ("_orig_mod.encoder.norm.weight", "of torch.compile: .*save_weights"),
        ("vit.layernorm.weight", "ViTMAE of transformers: its folder"),
        ("cls_token", "names of the reference MAE or timm is read by measure_jacobian"),
        ("other", "no weights file of ours"),
    ],
)
def test_other_tensors_are_named_for_what_they_are(tmp_path, name, words):
    save_file({name: torch.zeros(1)}, tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match=words):
        load_mae(tmp_path / "weights.safetensors")
