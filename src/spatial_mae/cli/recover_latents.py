"""Which latents of a known hierarchy a pretrained encoder holds: R^2 on held-out images."""

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.files import write_rows
from spatial_mae.identifiability.recipe import RecoveryRecipe
from spatial_mae.identifiability.recovery import recover_latents
from spatial_mae.training.devices import set_threads


@entry_point(
    reads(manifest="manifest.json of the data", weights="safetensors of the run"),
    paths(checkpoints="folder of its checkpoints"),
    recipe(RecoveryRecipe),
    values(int, threads="of the CPU"),
    paths(recovery="csv to write"),
)
def main(given: Namespace) -> None:
    set_threads(given.threads)
    rows = recover_latents(
        open_dataset(given.manifest), given.weights, given.checkpoints, given.recipe, given.seed
    )
    write_rows(given.recovery, rows)


if __name__ == "__main__":
    main()
