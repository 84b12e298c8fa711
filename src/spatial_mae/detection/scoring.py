"""COCO's average precision of boxes and masks, by pycocotools."""

import contextlib
import io
from collections.abc import Mapping, Sequence

import numpy as np

from spatial_mae.detection.coco import CocoImages, index, run_lengths
from spatial_mae.files import Row

TYPES = {"box": "bbox", "mask": "segm"}
METRICS = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large")


def average_precision(data: CocoImages, found: Sequence[Mapping]) -> list[Row]:
    """Rows of metric (box_ap, ..., mask_ap_large) and value in [0, 1], None where COCO says -1.

    found: detections as COCO's results with image_id, category_id, bbox, segmentation (run
    lengths) and score. Crowds are scored as COCO does: what matches them counts for nothing.
    """
    truth = index(ground_truth(data))
    rows = []
    for name, iou_type in TYPES.items():
        values = _statistics(truth, found, iou_type)
        for metric, value in zip(METRICS, values, strict=True):
            rows.append({"metric": f"{name}_{metric}", "value": None if value < 0 else value})
    return rows


def ground_truth(data: CocoImages) -> dict:
    """A COCO json's content of the images used; identifiers from 1, since pycocotools drops 0."""
    annotations = []
    for image in data.images:
        own = data.objects.get(image["id"], []) + data.crowds.get(image["id"], [])
        for one in own:
            lengths = run_lengths(one["segmentation"], image["height"], image["width"])
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": one["image_id"],
                    "category_id": one["category_id"],
                    "bbox": one["bbox"],
                    "segmentation": lengths,
                    "area": one.get("area", _area(lengths)),
                    "iscrowd": int(bool(one.get("iscrowd"))),
                }
            )
    categories = [
        {"id": i, "name": name} for i, name in zip(data.categories, data.names, strict=True)
    ]
    return {"images": list(data.images), "annotations": annotations, "categories": categories}


def _area(lengths: Mapping) -> float:
    from pycocotools import mask

    return float(mask.area(lengths))


def _statistics(truth: object, found: Sequence[Mapping], iou_type: str) -> list[float]:
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, _results(truth, found, iou_type), iou_type)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(value) for value in np.asarray(evaluation.stats)[: len(METRICS)]]


def _results(truth: object, found: Sequence[Mapping], iou_type: str) -> object:
    """Of masks without their boxes: an object's size is then the mask's, as COCO scores it."""
    if not found:
        return index({**truth.dataset, "annotations": []})
    dropped = "segmentation" if iou_type == "bbox" else "bbox"
    kept = [{key: value for key, value in one.items() if key != dropped} for one in found]
    return truth.loadRes(kept)
