"""How alike the layers of two pretrained encoders are: linear CKA on the same images."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import open_dataset
from spatial_mae.evaluation.recipe import SimilarityRecipe
from spatial_mae.evaluation.similarity import compare_layers
from spatial_mae.files import write_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.training.devices import set_threads


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--weights", type=Path, required=True, help="of the run")
    parser.add_argument("--reference", type=Path, required=True, help="weights compared with")
    parser.add_argument("--recipe", required=True, help="SimilarityRecipe as JSON")
    parser.add_argument("--threads", type=int, required=True, help="of the CPU")
    parser.add_argument("--similarity", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, arguments.weights, arguments.reference]):
        recipe = load(SimilarityRecipe, arguments.recipe)
        set_threads(arguments.threads)
        rows = compare_layers(
            open_dataset(arguments.manifest),
            arguments.weights,
            arguments.reference,
            recipe,
            arguments.seed,
        )
        write_rows(arguments.similarity, rows)


if __name__ == "__main__":
    main()
