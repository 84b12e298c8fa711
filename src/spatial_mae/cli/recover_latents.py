"""Which latents of a known hierarchy a pretrained encoder holds: R^2 on held-out images."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.files import write_rows
from spatial_mae.identifiability.recipe import RecoveryRecipe
from spatial_mae.identifiability.recovery import recover_latents
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.devices import set_threads


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--weights", type=Path, required=True, help="safetensors of the run")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of its checkpoints")
    parser.add_argument("--recipe", required=True, help="RecoveryRecipe as JSON")
    parser.add_argument("--threads", type=int, required=True, help="of the CPU")
    parser.add_argument("--recovery", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, arguments.weights]):
        recipe = load(RecoveryRecipe, arguments.recipe)
        set_threads(arguments.threads)
        rows = recover_latents(
            open_dataset(arguments.manifest),
            arguments.weights,
            arguments.checkpoints,
            recipe,
            arguments.seed,
        )
        write_rows(arguments.recovery, rows)


if __name__ == "__main__":
    main()
