"""A classifier trained from scratch, the baseline of pretraining: test accuracy.

Continues from the state folder if it was stopped; exit code 75 when it is stopped and saved.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.models.architecture import Backbone
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.classification import ClassifierOutputs, ClassifierRun, train_classifier
from spatial_mae.training.recipe import ClassifierRecipe
from spatial_mae.training.training_data import architecture_for
from spatial_mae.training.workplace import add_workplace_flags, workplace


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--model", required=True, help="Backbone as JSON")
    parser.add_argument("--patch-size", type=int, required=True, help="in pixels")
    parser.add_argument("--encoder-depth", type=int, required=True, help="blocks")
    parser.add_argument("--recipe", required=True, help="ClassifierRecipe as JSON")
    parser.add_argument("--scores", type=Path, required=True, help="csv to write, one row")
    parser.add_argument("--history", type=Path, required=True, help="csv to write, a row an epoch")
    parser.add_argument("--weights", type=Path, required=True, help="safetensors to write")
    add_workplace_flags(parser)
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest]) as record:
        dataset = open_dataset(arguments.manifest)
        backbone = load(Backbone, arguments.model)
        sizes = arguments.patch_size, 1, arguments.encoder_depth, 0
        run = ClassifierRun(
            dataset,
            architecture_for(dataset, backbone, *sizes),
            load(ClassifierRecipe, arguments.recipe),
            arguments.seed,
        )
        outputs = ClassifierOutputs(arguments.scores, arguments.history, arguments.weights)
        row = train_classifier(run, workplace(arguments), outputs)
        record["processes"] = arguments.nproc
        record |= {key: row[key] for key in ("status", "device", "precision", "accuracy")}


if __name__ == "__main__":
    main()
