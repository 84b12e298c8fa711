"""Controls of a probe: the same probe on raw pixels and on their principal components."""

from spatial_mae.data.held_out import hold_out
from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.evaluation.controls import probe_pixels
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.files import write_rows
from spatial_mae.linear.moments import load_moments
from spatial_mae.training.devices import set_threads


@entry_point(
    reads(manifest="manifest.json of the data", moments="npz of the training images"),
    values(int, width="of the encoder compared with"),
    recipe(EvaluationRecipe),
    values(int, threads="of the CPU"),
    paths(scores="csv to write"),
)
def main(given: Namespace) -> None:
    set_threads(given.threads)
    dataset = hold_out(open_dataset(given.manifest), given.recipe.held_out)
    moments = load_moments(given.moments)
    rows = probe_pixels(dataset, moments, given.width, given.recipe, given.seed)
    write_rows(given.scores, rows)


if __name__ == "__main__":
    main()
