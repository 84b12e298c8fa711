"""A data set is checked for what a study measures on it."""

import json

import pytest

from spatial_mae.cli.check_dataset import main

MANIFEST = {"dataset": "d", "height": 16, "width": 16, "channels": 1, "n_train": 400, "n_test": 10}
MANIFEST |= {"classes": None, "has_depth": False}
RECIPE = {"mask_ratios": [0.5], "n_latents": [4], "noise_deviations": [0.1]}


def run(tmp_path, patch):
    entry = {"name": "a", "kind": "losses", "recipe": "default"}
    grid = {"dataset": ["d"], "colour": ["luma"], "n": ["all"], "patch": [patch]}
    grid |= {"centring": ["centred"], "ridge": [0], "flip": [False]}
    demands = {"datasets": {"d": {"source": "array_file"}}, "models": {}}
    demands["recipes"] = {"linear": {"default": RECIPE}}
    demands["experiments"] = [entry | {"grids": [grid]}]
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    files = ["--manifest", tmp_path / "manifest.json", "--record", tmp_path / "check.record.json"]
    main(["--name", "d", "--demands", json.dumps(demands), *map(str, files)])


def test_a_data_set_that_fits_leaves_a_record(tmp_path, capsys):
    run(tmp_path, 4)
    record = json.loads((tmp_path / "check.record.json").read_text())
    assert record["fewer_images"] == []
    assert "has what the study asks of it" in capsys.readouterr().out


def test_misfits_end_it_without_a_record(tmp_path):
    with pytest.raises(ValueError, match="does not fit the study:\n- .*patch size 5"):
        run(tmp_path, 5)
    assert not (tmp_path / "check.record.json").exists()
