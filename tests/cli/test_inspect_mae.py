"""The entry point that looks at whole images: from weights and checkpoints to tables."""

import json

import pytest

from spatial_mae.cli.inspect_mae import main
from spatial_mae.files import read_json, read_rows

RECIPE = {"n_images": 10, "metrics": ["fsim", "psnr"]}


@pytest.fixture
def inspected(pretrained, run_with):
    def call(**changes):
        flags = {
            "manifest": pretrained / "manifest.json",
            "weights": pretrained / "weights.safetensors",
            "checkpoints": pretrained / "checkpoints",
            "recipe": json.dumps(RECIPE),
            "threads": 1,
            "runs_per_gpu": 1,
            "unmasked": pretrained / "unmasked.csv",
            "record": pretrained / "record.json",
        }
        run_with(main, **flags | changes)
        return pretrained

    return call


def test_writes_the_quality_of_both_networks_and_a_record(inspected):
    folder = inspected()
    rows = read_rows(folder / "unmasked.csv")
    assert [(row["epoch"], row["metric"]) for row in rows] == [
        (epoch, name) for epoch in (0, 3) for name in RECIPE["metrics"]
    ]
    assert all(0 < row["value"] <= 1 for row in rows if row["metric"] == "fsim")
    record = read_json(folder / "record.json")
    assert len(record["inputs"]) == 2 and record["device"]


def test_an_unknown_metric_writes_nothing(inspected, pretrained):
    with pytest.raises(ValueError, match="'lpips'"):
        inspected(recipe=json.dumps(RECIPE | {"metrics": ["lpips"]}))
    assert not (pretrained / "unmasked.csv").exists()
