"""The detection entry point: from weights and a COCO-format set to a table."""

import json

import numpy as np
import pytest
from PIL import Image

from spatial_mae.cli.fine_tune_detector import main
from spatial_mae.files import read_json, read_rows

RECIPE = {
    "initialisation": "pretrained",
    "image_size": 32,
    "max_size": 64,
    "epochs": 1,
    "warmup_epochs": 0,
    "batch_size": 2,
    "micro_batch": None,
    "base_learning_rate": 0.01,
    "weight_decay": 0.05,
    "betas": [0.9, 0.999],
    "layer_decay": 0.75,
    "clip_norm": 1.0,
    "flip": True,
    "scale_jitter": [0.8, 1.2],
    "n_train": None,
    "n_test": 1,
    "precision": "float32",
    "out_channels": 8,
    "anchor_sizes": [4, 8, 16, 32, 64],
    "regions": 16,
    "score_threshold": 0.0,
    "detections": 3,
}


KINDS = ("images", "annotations")


@pytest.fixture
def tuned(pretrained, run_with):
    """Run on two images of 16 x 24 pixels with a box each; they are tested on too."""
    folder = pretrained / "images"
    folder.mkdir()
    images, annotations = [], []
    for i in (1, 2):
        pixels = np.full((16, 24, 3), 60 * i, np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
        images.append({"id": i, "file_name": f"{i}.png", "height": 16, "width": 24})
        box = {"bbox": [2, 2, 8, 8], "segmentation": [[2, 2, 10, 2, 10, 10, 2, 10]]}
        annotations.append({"id": i, "image_id": i, "category_id": 7, "iscrowd": 0, **box})
    content = {"images": images, "annotations": annotations}
    content["categories"] = [{"id": 7, "name": "square"}]
    (pretrained / "coco.json").write_text(json.dumps(content))
    paths = {f"{part}_images": str(folder) for part in ("train", "test")}
    paths |= {f"{part}_annotations": str(pretrained / "coco.json") for part in ("train", "test")}

    def call(annotations=None, **changes):
        flags = {
            "annotations": annotations,
            "weights": pretrained / "weights.safetensors",
            "recipe": json.dumps(RECIPE | paths | changes),
            "threads": 1,
            "runs_per_gpu": 1,
            "state": pretrained / "state",
            "scores": pretrained / "scores.csv",
            "history": pretrained / "history.csv",
            "detector": pretrained / "detector.pt",
            "record": pretrained / "record.json",
        }
        run_with(main, **flags)
        return read_rows(pretrained / "scores.csv")

    return call


def test_writes_a_row_for_each_metric(tuned, pretrained):
    rows = tuned()
    assert [row["metric"] for row in rows[:3]] == ["box_ap", "box_ap50", "box_ap75"]
    assert len(rows) == 12 and rows[6]["metric"] == "mask_ap"
    assert {(row["n_train"], row["n_test"], row["status"]) for row in rows} == {(2, 1, "completed")}
    assert 0 <= rows[0]["value"] <= 1
    assert len(read_rows(pretrained / "history.csv")) == 1
    assert (pretrained / "detector.pt").stat().st_size > 0
    assert read_json(pretrained / "record.json")["status"] == "completed"


def test_a_missing_path_writes_nothing(tuned, pretrained):
    with pytest.raises(ValueError, match="test_images of the detection recipe is null"):
        tuned(test_images=None)
    assert not (pretrained / "scores.csv").exists()


def test_annotations_of_a_generated_set_take_the_place_of_the_paths(tuned, pretrained):
    found = json.loads((pretrained / "coco.json").read_text())
    for image in found["images"]:
        image["file_name"] = f"images/{image['file_name']}"  # from the folder of the json
    for part, n in (("train", 2), ("test", 1)):
        kept = [one for one in found["annotations"] if one["image_id"] <= n]
        content = found | {"images": found["images"][:n], "annotations": kept}
        (pretrained / f"{part}.json").write_text(json.dumps(content))
    paths = pretrained / "train.json", pretrained / "test.json"
    none = dict.fromkeys(f"{part}_{what}" for part in ("train", "test") for what in KINDS)
    rows = tuned(annotations=paths, n_test=None, generated="shapes", **none)
    assert {(row["n_train"], row["n_test"]) for row in rows} == {(2, 1)}
    inputs = read_json(pretrained / "record.json")["inputs"]
    assert len(inputs) == 3
