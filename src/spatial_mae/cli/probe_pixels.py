"""Controls of a probe: the same probe of raw pixels and of their principal components."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.evaluation.controls import probe_pixels
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.files import write_rows
from spatial_mae.linear.moments import load_moments
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.devices import set_threads


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--moments", type=Path, required=True, help="npz of the training images")
    parser.add_argument("--width", type=int, required=True, help="of the encoder compared with")
    parser.add_argument("--recipe", required=True, help="EvaluationRecipe as JSON")
    parser.add_argument("--threads", type=int, required=True, help="of the CPU")
    parser.add_argument("--scores", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, arguments.moments]):
        recipe = load(EvaluationRecipe, arguments.recipe)
        set_threads(arguments.threads)
        dataset, moments = open_dataset(arguments.manifest), load_moments(arguments.moments)
        rows = probe_pixels(dataset, moments, arguments.width, recipe, arguments.seed)
        write_rows(arguments.scores, rows)


if __name__ == "__main__":
    main()
