"""A classifier trained from a pretrained encoder, all of it or its last blocks: test accuracy.

Continues from the state folder if it was stopped; exit code 75 when it is stopped and saved.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.classification import (
    ClassifierOutputs,
    ClassifierRun,
    pretrained_architecture,
    train_classifier,
)
from spatial_mae.training.recipe import ClassifierRecipe
from spatial_mae.training.workplace import add_workplace_flags, workplace


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--weights", type=Path, required=True, help="of the pretrained MAE")
    parser.add_argument("--blocks", type=block_count, required=True, help="number to train, or all")
    parser.add_argument("--recipe", required=True, help="ClassifierRecipe as JSON")
    parser.add_argument("--scores", type=Path, required=True, help="csv to write, one row")
    parser.add_argument("--history", type=Path, required=True, help="csv to write, a row an epoch")
    parser.add_argument("--tuned", type=Path, required=True, help="safetensors to write")
    add_workplace_flags(parser)
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, arguments.weights]) as record:
        run = ClassifierRun(
            open_dataset(arguments.manifest),
            pretrained_architecture(arguments.weights),
            load(ClassifierRecipe, arguments.recipe),
            arguments.seed,
            arguments.weights,
            arguments.blocks,
        )
        outputs = ClassifierOutputs(arguments.scores, arguments.history, arguments.tuned)
        row = train_classifier(run, workplace(arguments), outputs)
        record["processes"] = arguments.nproc
        record |= {key: row[key] for key in ("status", "device", "precision", "accuracy")}


def block_count(text: str) -> int | str:
    return text if text == "all" else int(text)


if __name__ == "__main__":
    main()
