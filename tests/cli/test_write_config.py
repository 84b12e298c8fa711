"""The merged config, from the command line."""

import json

import yaml

from spatial_mae.cli import write_config


def test_writes_the_config_as_it_was(tmp_path):
    config = {"study": "s", "seed": 0, "experiments": [{"name": "a"}], "data": {"root": None}}
    path = tmp_path / "config.yaml"
    record = ["--record", str(tmp_path / "r.json")]
    write_config.main(["--json", json.dumps(config), "--config", str(path), *record])
    assert yaml.safe_load(path.read_text()) == config
    assert list(yaml.safe_load(path.read_text())) == list(config)
