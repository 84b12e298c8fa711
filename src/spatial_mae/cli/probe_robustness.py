"""How a pretrained encoder's linear probe does on images whose distribution has shifted."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.imagenet_variants import READERS
from spatial_mae.data.shifted import cifar10_1, cifar10_c, prepared
from spatial_mae.data.store import open_dataset
from spatial_mae.evaluation.robustness import RobustnessRecipe, probe_robustness
from spatial_mae.files import write_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.devices import choose_device, set_threads
from spatial_mae.training.workplace import device_name


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--shifted", type=Path, nargs="*", default=[], help="other manifests")
    parser.add_argument("--weights", type=Path, required=True, help="safetensors of the run")
    parser.add_argument("--probes", type=Path, required=True, help="npz of its evaluation")
    parser.add_argument("--recipe", required=True, help="RobustnessRecipe as JSON")
    parser.add_argument("--threads", type=int, required=True, help="of the CPU")
    parser.add_argument("--runs-per-gpu", type=int, required=True, help="that may share a GPU")
    parser.add_argument("--accuracy", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    inputs = [arguments.manifest, *arguments.shifted, arguments.weights, arguments.probes]
    with run_record(arguments, inputs) as record:
        recipe = load(RobustnessRecipe, arguments.recipe)
        shifted = [prepared(open_dataset(path)) for path in arguments.shifted]
        shifted += cifar10_1(Path(recipe.cifar10_1)) if recipe.cifar10_1 else []
        shifted += cifar10_c(Path(recipe.cifar10_c)) if recipe.cifar10_c else []
        dataset = open_dataset(arguments.manifest)
        folders = {name: getattr(recipe, name) for name in READERS}
        shifted += [READERS[name](Path(path), dataset) for name, path in folders.items() if path]
        set_threads(arguments.threads)
        with choose_device(arguments.runs_per_gpu) as device:
            record["device"] = device_name(device)
            weights, probes = arguments.weights, arguments.probes
            rows = probe_robustness(dataset, weights, probes, shifted, recipe, device)
        write_rows(arguments.accuracy, rows)


if __name__ == "__main__":
    main()
