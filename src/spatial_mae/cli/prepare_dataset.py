"""A data set from its source: uint8 arrays on disk and the manifest that describes them."""

import dataclasses
import sys
from pathlib import Path

import numpy as np

from spatial_mae.data.sources import find_source
from spatial_mae.data.store import write_dataset
from spatial_mae.data.workers import set_threads
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, values
from spatial_mae.study import recipes


def optional_path(text: str) -> Path | None:
    return Path(text) if text else None


@entry_point(
    values(
        str,
        name="name of the data set",
        source="module of spatial_mae.data that reads it",
        recipe="the source's recipe (JSON)",
    ),
    flag("root", type=optional_path, nargs="?", help="existing copy"),
    flag("archive", is_input=True, type=optional_path, nargs="?", help="downloaded archive"),
    flag("threads", type=int, help="default: the cores, at most 8"),
    paths(manifest="manifest.json to write"),
)
def main(given: Namespace) -> None:
    if given.threads is not None:
        set_threads(given.threads)
    source = find_source(given.source)
    recipe = recipes.load(source.SOURCE.recipe, given.recipe)
    rng = np.random.default_rng(given.seed)
    prepared = source.prepare(recipe, given.root, given.archive, rng)
    described = dataclasses.asdict(recipe)
    manifest = write_dataset(given.manifest, given.name, given.source, prepared, described)
    given.notes["warnings"] = manifest["warnings"]
    sys.stdout.reconfigure(errors="backslashreplace")  # names of files may be no text
    if manifest["layout"]:
        print(f"read as: {manifest['layout']['reading']}")
    for warning in manifest["warnings"]:
        print(f"warning: {warning}")
    print(f"{given.name}: {manifest['n_train']} + {manifest['n_test']} images")


if __name__ == "__main__":
    main()
