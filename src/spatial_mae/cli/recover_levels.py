"""R^2 of known latents, level by level, from a pretrained encoder's features of whole images."""

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.files import write_rows
from spatial_mae.identifiability.level_recipe import LevelRecoveryRecipe
from spatial_mae.identifiability.level_recovery import recover_levels
from spatial_mae.training.devices import set_threads


@entry_point(
    reads(manifest="manifest.json of the data", weights="safetensors of the run"),
    paths(checkpoints="folder of its checkpoints"),
    recipe(LevelRecoveryRecipe),
    values(int, threads="of the CPU"),
    paths(levels="csv to write"),
)
def main(given: Namespace) -> None:
    set_threads(given.threads)
    rows = recover_levels(
        open_dataset(given.manifest), given.weights, given.checkpoints, given.recipe
    )
    write_rows(given.levels, rows)


if __name__ == "__main__":
    main()
