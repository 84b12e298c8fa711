"""The entry point that looks at whole images: from weights and checkpoints to tables."""

import json

import pytest

from spatial_mae.cli.inspect_mae import TABLES, main
from spatial_mae.files import read_json, read_rows

RECIPE = {
    "n_images": 10,
    "metrics": ["fsim", "psnr"],
    "attention": True,
    "n_shown": 1,
    "pixel": [2, 5],
    "mass": 0.6,
    "n_classes": 0,
    "tokens": "mean",
    "components": 50,
    "perplexity": 20,
    "neighbours": 20,
}


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
            **{name: pretrained / f"{name}.csv" for name in TABLES},
            "record": pretrained / "record.json",
        }
        run_with(main, **flags | changes)
        return pretrained

    return call


def test_writes_every_table_of_both_networks_and_a_record(inspected):
    folder = inspected()
    rows = read_rows(folder / "unmasked.csv")
    assert [(row["epoch"], row["metric"]) for row in rows] == [
        (epoch, name) for epoch in (0, 3) for name in RECIPE["metrics"]
    ]
    assert all(0 < row["value"] <= 1 for row in rows if row["metric"] == "fsim")
    rows = read_rows(folder / "attention.csv")
    assert {(row["epoch"], row["query"]) for row in rows} == {
        (epoch, query) for epoch in (0, 3) for query in ("class_token", "chosen", "patches")
    }
    assert {row["source"] for row in read_rows(folder / "maps.csv")} == {
        "image",
        "class_token",
        "chosen",
    }
    record = read_json(folder / "record.json")
    assert len(record["inputs"]) == 2 and record["device"]


def test_an_unknown_metric_writes_nothing(inspected, pretrained):
    with pytest.raises(ValueError, match="'lpips'"):
        inspected(recipe=json.dumps(RECIPE | {"metrics": ["lpips"]}))
    assert not (pretrained / "unmasked.csv").exists()
