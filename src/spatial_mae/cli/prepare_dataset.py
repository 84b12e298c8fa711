"""A data set from its source: uint8 arrays on disk and the manifest that describes them."""

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spatial_mae.data.sources import find_source
from spatial_mae.data.store import write_dataset
from spatial_mae.data.workers import set_threads
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study import recipes


def optional_path(text: str) -> Path | None:
    return Path(text) if text else None


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="name of the data set")
    parser.add_argument("--source", required=True, help="module of spatial_mae.data that reads it")
    parser.add_argument("--recipe", required=True, help="the source's recipe (JSON)")
    for flag, text in (("--root", "existing copy"), ("--archive", "downloaded archive")):
        parser.add_argument(flag, type=optional_path, nargs="?", default=None, help=text)
    parser.add_argument("--threads", type=int, default=None, help="default: the cores, at most 8")
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    if arguments.threads is not None:
        set_threads(arguments.threads)
    source = find_source(arguments.source)
    recipe = recipes.load(source.SOURCE.recipe, arguments.recipe)
    with run_record(arguments, [arguments.archive] if arguments.archive else []) as record:
        rng = np.random.default_rng(arguments.seed)
        prepared = source.prepare(recipe, arguments.root, arguments.archive, rng)
        manifest = write_dataset(
            arguments.manifest,
            arguments.name,
            arguments.source,
            prepared,
            dataclasses.asdict(recipe),
        )
        record["warnings"] = manifest["warnings"]
    for warning in manifest["warnings"]:
        print(f"warning: {warning}")
    print(f"{arguments.name}: {manifest['n_train']} + {manifest['n_test']} images")


if __name__ == "__main__":
    main()
