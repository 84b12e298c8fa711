"""Mask R-CNN on a pretrained encoder, fine-tuned on a COCO-format set: average precision.

Continues from the state folder if it was stopped; exit code 75 when it is stopped and saved.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.detection.recipe import DetectionRecipe
from spatial_mae.detection.training import DetectionOutputs, DetectionRun, fine_tune_detector
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.workplace import add_workplace_flags, workplace


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="of the pretrained MAE")
    parser.add_argument("--recipe", required=True, help="DetectionRecipe as JSON")
    parser.add_argument("--scores", type=Path, required=True, help="csv to write, a row a metric")
    parser.add_argument("--history", type=Path, required=True, help="csv to write, a row an epoch")
    parser.add_argument("--detector", type=Path, required=True, help="state dict (.pt) to write")
    add_workplace_flags(parser)
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.weights]) as record:
        run = DetectionRun(
            arguments.weights, load(DetectionRecipe, arguments.recipe), arguments.seed
        )
        outputs = DetectionOutputs(arguments.scores, arguments.history, arguments.detector)
        rows = fine_tune_detector(run, workplace(arguments), outputs)
        record |= {key: rows[0][key] for key in ("status", "device", "precision")}


if __name__ == "__main__":
    main()
