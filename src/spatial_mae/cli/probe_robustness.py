"""Accuracy of a pretrained encoder's linear probe on images whose distribution has shifted."""

from pathlib import Path

from spatial_mae.data.imagenet_variants import READERS
from spatial_mae.data.shifted import cifar10_1, cifar10_c, prepared
from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, recipe
from spatial_mae.evaluation.robustness import probe_robustness
from spatial_mae.evaluation.robustness_recipe import RobustnessRecipe
from spatial_mae.files import write_rows
from spatial_mae.training.workplace import DEVICE, on_device


@entry_point(
    reads(manifest="manifest.json of the data"),
    flag("shifted", is_input=True, type=Path, nargs="*", default=[], help="other manifests"),
    reads(weights="safetensors of the run", probes="npz of its evaluation"),
    recipe(RobustnessRecipe),
    DEVICE,
    paths(accuracy="csv to write"),
)
def main(given: Namespace) -> None:
    recipe = given.recipe
    shifted = [prepared(open_dataset(path)) for path in given.shifted]
    shifted += cifar10_1(Path(recipe.cifar10_1)) if recipe.cifar10_1 else []
    shifted += cifar10_c(Path(recipe.cifar10_c)) if recipe.cifar10_c else []
    dataset = open_dataset(given.manifest)
    folders = {name: getattr(recipe, name) for name in READERS}
    shifted += [READERS[name](Path(path), dataset) for name, path in folders.items() if path]
    with on_device(given) as device:
        weights, probes = given.weights, given.probes
        rows = probe_robustness(dataset, weights, probes, shifted, recipe, device)
    write_rows(given.accuracy, rows)


if __name__ == "__main__":
    main()
