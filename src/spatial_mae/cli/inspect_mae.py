"""What a pretrained MAE does with whole images: reconstructions, attention, embeddings."""

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.inspection.inspection import inspect
from spatial_mae.inspection.recipe import InspectionRecipe
from spatial_mae.training.workplace import DEVICE, on_device

TABLES = ("unmasked", "attention", "maps", "embedding", "points")


@entry_point(
    reads(manifest="manifest.json of the data", weights="safetensors of the run"),
    paths(checkpoints="folder of its checkpoints"),
    recipe(InspectionRecipe),
    DEVICE,
    paths(**dict.fromkeys(TABLES, "csv to write")),
)
def main(given: Namespace) -> None:
    with on_device(given) as device:
        found = inspect(
            open_dataset(given.manifest),
            given.weights,
            given.checkpoints,
            given.recipe,
            given.seed,
            device,
        )
    for table in TABLES:
        write_rows(getattr(given, table), getattr(found, table))


if __name__ == "__main__":
    main()
