"""What a pretrained MAE makes of whole images: reconstructions, attention, embeddings."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.files import write_rows
from spatial_mae.inspection.inspection import inspect
from spatial_mae.inspection.recipe import InspectionRecipe
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.devices import choose_device, set_threads
from spatial_mae.training.workplace import device_name

TABLES = ("unmasked", "attention", "maps", "embedding", "points")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--weights", type=Path, required=True, help="safetensors of the run")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of its checkpoints")
    parser.add_argument("--recipe", required=True, help="InspectionRecipe as JSON")
    parser.add_argument("--threads", type=int, required=True, help="of the CPU")
    parser.add_argument("--runs-per-gpu", type=int, required=True, help="that may share a GPU")
    for table in TABLES:
        parser.add_argument(f"--{table}", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, arguments.weights]) as record:
        recipe = load(InspectionRecipe, arguments.recipe)
        set_threads(arguments.threads)
        with choose_device(arguments.runs_per_gpu) as device:
            record["device"] = device_name(device)
            found = inspect(
                open_dataset(arguments.manifest),
                arguments.weights,
                arguments.checkpoints,
                recipe,
                arguments.seed,
                device,
            )
        for table in TABLES:
            write_rows(getattr(arguments, table), getattr(found, table))


if __name__ == "__main__":
    main()
