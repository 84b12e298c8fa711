"""Control of a probe: the same probe of closed-form linear MAE features of the same size."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.evaluation.controls import probe_linear
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.files import write_rows
from spatial_mae.linear.store import RunSettings
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.tasks.encoders import open_run
from spatial_mae.training.devices import set_threads


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--moments", type=Path, required=True, help="npz behind the solution")
    parser.add_argument("--solution", type=Path, required=True, help="npz of the solved run")
    parser.add_argument("--patch-size", type=int, required=True, help="of the solved run")
    parser.add_argument("--centring", required=True, help="of the solved run")
    parser.add_argument("--ridge", type=float, required=True, help="of the solved run")
    parser.add_argument("--flip", choices=["yes", "no"], required=True, help="of the solved run")
    parser.add_argument("--mask-ratio", type=float, required=True, help="in (0, 1)")
    parser.add_argument("--width", type=int, required=True, help="of the encoder compared with")
    parser.add_argument("--recipe", required=True, help="EvaluationRecipe as JSON")
    parser.add_argument("--threads", type=int, required=True, help="of the CPU")
    parser.add_argument("--scores", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, arguments.moments, arguments.solution]):
        recipe = load(EvaluationRecipe, arguments.recipe)
        set_threads(arguments.threads)
        flip = arguments.flip == "yes"
        settings = RunSettings(arguments.patch_size, arguments.centring, arguments.ridge, flip)
        run = open_run(arguments.moments, arguments.solution, settings, recipe.control_colour)
        dataset, sizes = open_dataset(arguments.manifest), (arguments.mask_ratio, arguments.width)
        write_rows(arguments.scores, probe_linear(dataset, run, *sizes, recipe, arguments.seed))


if __name__ == "__main__":
    main()
