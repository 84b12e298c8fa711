"""A classifier trained from scratch, the baseline of pretraining: test accuracy.

A stopped run continues from the state folder. Exit code 75: stopped and saved.
"""

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.models.architecture import Backbone
from spatial_mae.training.classification import ClassifierOutputs, ClassifierRun, train_classifier
from spatial_mae.training.recipe import ClassifierRecipe
from spatial_mae.training.training_data import architecture_for
from spatial_mae.training.workplace import WORKPLACE, workplace


@entry_point(
    reads(manifest="manifest.json of the data"),
    recipe(Backbone, "model"),
    values(int, patch_size="in pixels", encoder_depth="blocks"),
    recipe(ClassifierRecipe),
    paths(
        scores="csv to write, one row",
        history="csv to write, one row per epoch",
        weights="safetensors to write",
    ),
    WORKPLACE,
)
def main(given: Namespace) -> None:
    dataset = open_dataset(given.manifest)
    backbone = given.model
    sizes = given.patch_size, 1, given.encoder_depth, 0
    run = ClassifierRun(
        dataset, architecture_for(dataset, backbone, *sizes), given.recipe, given.seed
    )
    outputs = ClassifierOutputs(given.scores, given.history, given.weights)
    row = train_classifier(run, workplace(given), outputs)
    given.notes["processes"] = given.nproc
    given.notes |= {key: row[key] for key in ("status", "device", "precision", "accuracy")}


if __name__ == "__main__":
    main()
