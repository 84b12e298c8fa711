"""Mask R-CNN on a pretrained encoder, fine-tuned on a COCO-format set: average precision.

A stopped run continues from the state folder. Exit code 75: stopped and saved.
"""

from pathlib import Path

from spatial_mae.detection.recipe import DetectionRecipe
from spatial_mae.detection.training import DetectionOutputs, DetectionRun, fine_tune_detector
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, recipe
from spatial_mae.training.workplace import WORKPLACE, workplace

GENERATED = "jsons of training and test images, in place of the recipe's paths"


@entry_point(
    reads(weights="of the pretrained MAE"),
    flag("annotations", is_input=True, type=Path, nargs="*", default=[], help=GENERATED),
    recipe(DetectionRecipe),
    paths(
        scores="csv to write, one row per metric",
        history="csv to write, one row per epoch",
        detector="state dict (.pt) to write",
    ),
    WORKPLACE,
)
def main(given: Namespace) -> None:
    named = given.recipe
    recipe = named.with_annotations(*given.annotations) if given.annotations else named
    run = DetectionRun(given.weights, recipe, given.seed)
    outputs = DetectionOutputs(given.scores, given.history, given.detector)
    rows = fine_tune_detector(run, workplace(given), outputs)
    given.notes |= {key: rows[0][key] for key in ("status", "device", "precision")}


if __name__ == "__main__":
    main()
