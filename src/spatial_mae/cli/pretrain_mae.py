"""A masked autoencoder pretrained on a data set: weights, history and checkpoints.

Continues from the state folder if it was stopped; exit code 75 when it is stopped and saved.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.models.architecture import Backbone
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.pretraining import PretrainingOutputs, PretrainingRun, pretrain
from spatial_mae.training.recipe import PretrainingRecipe
from spatial_mae.training.training_data import architecture_for
from spatial_mae.training.workplace import add_workplace_flags, workplace


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--model", required=True, help="Backbone as JSON")
    parser.add_argument("--patch-size", type=int, required=True, help="in pixels")
    parser.add_argument("--unit", type=int, required=True, help="side of a mask unit, in patches")
    parser.add_argument("--mask-ratio", type=float, required=True, help="share hidden, in (0, 1)")
    parser.add_argument("--encoder-depth", type=int, required=True, help="blocks")
    parser.add_argument("--decoder-depth", type=int, required=True, help="blocks")
    parser.add_argument("--recipe", required=True, help="PretrainingRecipe as JSON")
    parser.add_argument("--weights", type=Path, required=True, help="safetensors to write")
    parser.add_argument("--history", type=Path, required=True, help="csv to write, a row an epoch")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder to write")
    add_workplace_flags(parser)
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest]) as record:
        dataset = open_dataset(arguments.manifest)
        depths = arguments.encoder_depth, arguments.decoder_depth
        backbone = load(Backbone, arguments.model)
        run = PretrainingRun(
            dataset,
            architecture_for(dataset, backbone, arguments.patch_size, arguments.unit, *depths),
            arguments.mask_ratio,
            load(PretrainingRecipe, arguments.recipe),
            arguments.seed,
        )
        outputs = PretrainingOutputs(arguments.weights, arguments.history, arguments.checkpoints)
        metadata = pretrain(run, workplace(arguments), outputs)
        record["processes"] = arguments.nproc
        record |= {key: metadata[key] for key in ("status", "device", "precision", "epoch")}


if __name__ == "__main__":
    main()
