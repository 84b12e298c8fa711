"""What entry points that measure networks share: checkpoints, recorded inputs, flags."""

import json
import shutil
from argparse import Namespace
from pathlib import Path

import pytest
from safetensors.torch import load_file
from toy_inputs import drawn, paint, save

from spatial_mae.entry_point import entry_point
from spatial_mae.jacobian.inputs import open_network
from spatial_mae.jacobian.recipe import JacobianRecipe
from spatial_mae.jacobian.stage import checkpoints_of, inputs_of, network_flags
from spatial_mae.training.workplace import on_device


def test_earlier_checkpoints_of_weights_that_say_their_epoch(tmp_path, vit_mae):
    for epoch in (0, 1, 10, 2):
        save(tmp_path / f"checkpoints/epoch-{epoch}.safetensors", epoch)
    save(tmp_path / "weights.safetensors", epoch=10)
    network = open_network(tmp_path / "weights.safetensors")
    arguments = Namespace(checkpoints=tmp_path / "checkpoints", weights=vit_mae)
    names = [path.stem for path in checkpoints_of(arguments, network, "all")]
    assert names == ["epoch-0", "epoch-1", "epoch-2"]
    assert [p.stem for p in checkpoints_of(arguments, network, "last")] == ["epoch-0"]
    unknown = open_network(vit_mae)
    with pytest.raises(ValueError, match="does not say how long it was trained.*leave it out"):
        checkpoints_of(arguments, unknown, "all")
    assert checkpoints_of(Namespace(checkpoints=None), unknown, "all") == []


def test_the_record_holds_the_files_that_were_read(tmp_path, vit_mae, dataset):
    save(tmp_path / "weights.safetensors")
    manifest, _ = dataset()
    ours = Namespace(weights=tmp_path / "weights.safetensors", images=manifest, moments=None)
    assert inputs_of(ours) == [ours.weights, manifest]
    folder = paint(tmp_path / "mine", drawn(1, 1))
    theirs = Namespace(weights=vit_mae, images=folder)
    assert inputs_of(theirs) == [vit_mae / "model.safetensors"]
    parts = tmp_path / "parts"
    shutil.copytree(vit_mae, parts)
    tensors = load_file(parts / "model.safetensors")
    (parts / "model.safetensors").rename(parts / "part.safetensors")
    index = {"weight_map": dict.fromkeys(tensors, "part.safetensors")}
    (parts / "model.safetensors.index.json").write_text(json.dumps(index))
    theirs = Namespace(weights=parts, images=folder)
    assert inputs_of(theirs) == [parts / "part.safetensors"]


def test_flags_of_an_entry_point_and_its_device(tmp_path):
    seen = []

    @entry_point(network_flags(JacobianRecipe, "{}"), record=str(tmp_path / "run.json"))
    def main(given):
        with on_device(given) as device:
            assert device.type in ("cpu", "cuda")
        seen.append(given)

    main(["--weights", "w", "--images", "i", "--threads", "1"])
    (given,) = seen
    assert (given.weights, given.images) == (Path("w"), Path("i"))
    assert (given.mask_ratio, given.recipe, given.seed) == (None, JacobianRecipe(), 0)
    assert json.loads((tmp_path / "run.json").read_text())["device"] == given.notes["device"]
    required = entry_point(network_flags(JacobianRecipe), record="run.json")(main)
    with pytest.raises(SystemExit):
        required(["--weights", "w", "--images", "i"])
