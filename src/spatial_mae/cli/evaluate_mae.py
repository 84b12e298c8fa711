"""What a pretrained MAE knows: probes, reconstruction errors, a gallery."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.evaluation.saved_probes import write_probes
from spatial_mae.evaluation.scores import evaluate
from spatial_mae.files import write_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.devices import choose_device, set_threads
from spatial_mae.training.workplace import device_name


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--weights", type=Path, required=True, help="safetensors of the run")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of its checkpoints")
    parser.add_argument(
        "--recipe", required=True, help="EvaluationRecipe as JSON; its controls are not read"
    )
    parser.add_argument("--threads", type=int, required=True, help="of the CPU")
    parser.add_argument("--runs-per-gpu", type=int, required=True, help="that may share a GPU")
    parser.add_argument("--scores", type=Path, required=True, help="csv to write")
    parser.add_argument("--reconstructions", type=Path, required=True, help="csv to write")
    parser.add_argument("--probes", type=Path, required=True, help="npz to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, arguments.weights]) as record:
        recipe = load(EvaluationRecipe, arguments.recipe)
        set_threads(arguments.threads)
        with choose_device(arguments.runs_per_gpu) as device:
            record["device"] = device_name(device)
            found = evaluate(
                open_dataset(arguments.manifest),
                arguments.weights,
                arguments.checkpoints,
                recipe,
                arguments.seed,
                device,
            )
        write_rows(arguments.scores, found.scores)
        write_rows(arguments.reconstructions, found.gallery)
        write_probes(arguments.probes, found.probes)


if __name__ == "__main__":
    main()
