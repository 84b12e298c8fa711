"""How similar the layers of two pretrained encoders are: linear CKA on the same images."""

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.evaluation.recipe import SimilarityRecipe
from spatial_mae.evaluation.similarity import compare_layers
from spatial_mae.files import write_rows
from spatial_mae.training.devices import set_threads


@entry_point(
    reads(
        manifest="manifest.json of the data",
        weights="of the run",
        reference="weights compared with",
    ),
    recipe(SimilarityRecipe),
    values(int, threads="of the CPU"),
    paths(similarity="csv to write"),
)
def main(given: Namespace) -> None:
    set_threads(given.threads)
    rows = compare_layers(
        open_dataset(given.manifest), given.weights, given.reference, given.recipe, given.seed
    )
    write_rows(given.similarity, rows)


if __name__ == "__main__":
    main()
