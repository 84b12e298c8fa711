"""Average precision against pycocotools run directly, and where the answer is known."""

import contextlib
import io
import json

import numpy as np
import pytest

from spatial_mae.detection.coco import read_coco, run_lengths
from spatial_mae.detection.scoring import average_precision


@pytest.fixture
def data(shapes):
    return read_coco(shapes / "test/coco.json", shapes / "test")


def results(data, shift=0, every=1):
    """The truth as detections, boxes moved by `shift` pixels."""
    found = []
    for image in data.images[::every]:
        for one in data.objects[image["id"]]:
            x, y, width, height = one["bbox"]
            lengths = run_lengths(one["segmentation"], image["height"], image["width"])
            row = {"image_id": image["id"], "category_id": one["category_id"], "score": 0.9}
            row |= {"bbox": [x + shift, y, width, height], "segmentation": lengths}
            found.append(row)
    return found


def values(data, found):
    return {row["metric"]: row["value"] for row in average_precision(data, found)}


def test_perfect_detections_have_ap_1(data):
    found = values(data, results(data))
    assert found["box_ap"] == found["mask_ap"] == found["mask_ap75"] == pytest.approx(1)
    assert found["box_ap_large"] is None


def test_no_detections_have_ap_0(data):
    found = values(data, [])
    assert found["box_ap"] == found["mask_ap50"] == 0


def test_boxes_and_masks_match_pycocotools_run_directly(shapes, data, tmp_path):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    # The json's identifiers begin at 0, which pycocotools takes for no match.
    content = json.loads((shapes / "test/coco.json").read_text())
    for one in content["annotations"]:
        one["id"] += 1
    (tmp_path / "coco.json").write_text(json.dumps(content))
    moved = results(data, shift=4, every=2)
    found = values(data, moved)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(tmp_path / "coco.json"))
        boxes = [{k: v for k, v in one.items() if k != "segmentation"} for one in moved]
        direct = COCOeval(truth, truth.loadRes(boxes), "bbox")
        direct.evaluate()
        direct.accumulate()
        direct.summarize()
    names = ("ap", "ap50", "ap75", "ap_small", "ap_medium")
    own = [found[f"box_{name}"] for name in names]
    np.testing.assert_allclose([-1 if v is None else v for v in own], direct.stats[:5])
    assert found["mask_ap"] > found["box_ap"] > 0
