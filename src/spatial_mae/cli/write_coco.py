"""The images of a generated data set with the outlines of their objects, in COCO's format."""

from pathlib import Path

import numpy as np

from spatial_mae.data.coco_writing import write_coco
from spatial_mae.data.outlined_shapes import OutlinedShapes, scenes
from spatial_mae.data.store import open_dataset
from spatial_mae.data.workers import set_threads
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, recipe


@entry_point(
    reads(manifest="manifest.json of the data"),
    recipe(OutlinedShapes),
    flag("threads", type=int, help="default: the cores, at most 8"),
    paths(
        train="json of the training images to write",
        test="json of the test images to write",
        images="folder of the png files to write, below that of both json files",
    ),
)
def main(given: Namespace) -> None:
    if given.threads is not None:
        set_threads(given.threads)
    dataset = open_dataset(given.manifest)
    found = scenes(given.recipe, np.random.default_rng(given.seed))
    for split, blocks in found.items():
        path, folder = Path(getattr(given, split)), given.images / split
        n = write_coco(path, folder, blocks, dataset.images(split))
        print(f"{path}: {n} images")


if __name__ == "__main__":
    main()
