"""Control of a probe: the same probe on closed-form linear MAE features of the same size."""

from spatial_mae.data.held_out import hold_out
from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.evaluation.controls import probe_linear
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.files import write_rows
from spatial_mae.linear.store import SETTINGS, settings_of
from spatial_mae.tasks.encoders import open_run
from spatial_mae.training.devices import set_threads


@entry_point(
    reads(
        manifest="manifest.json of the data",
        moments="npz behind the solution",
        solution="npz of the solved run",
    ),
    SETTINGS,
    values(float, mask_ratio="in (0, 1)"),
    values(int, width="of the encoder compared with"),
    recipe(EvaluationRecipe),
    values(int, threads="of the CPU"),
    paths(scores="csv to write"),
)
def main(given: Namespace) -> None:
    recipe = given.recipe
    set_threads(given.threads)
    run = open_run(given.moments, given.solution, settings_of(given), recipe.control_colour)
    dataset = hold_out(open_dataset(given.manifest), recipe.held_out)
    sizes = given.mask_ratio, given.width
    write_rows(given.scores, probe_linear(dataset, run, *sizes, recipe, given.seed))


if __name__ == "__main__":
    main()
