"""Fine-tune a pretrained encoder, all of it or its last blocks, as a classifier: test accuracy.

A stopped run continues from the state folder. Exit code 75: stopped and saved.
"""

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.training.classification import (
    ClassifierOutputs,
    ClassifierRun,
    pretrained_architecture,
    train_classifier,
)
from spatial_mae.training.recipe import ClassifierRecipe
from spatial_mae.training.workplace import WORKPLACE, workplace


def block_count(text: str) -> int | str:
    return text if text == "all" else int(text)


@entry_point(
    reads(manifest="manifest.json of the data", weights="of the pretrained MAE"),
    values(block_count, blocks="number to train, or all"),
    recipe(ClassifierRecipe),
    paths(
        scores="csv to write, one row",
        history="csv to write, one row per epoch",
        tuned="safetensors to write",
    ),
    WORKPLACE,
)
def main(given: Namespace) -> None:
    run = ClassifierRun(
        open_dataset(given.manifest),
        pretrained_architecture(given.weights),
        given.recipe,
        given.seed,
        given.weights,
        given.blocks,
    )
    outputs = ClassifierOutputs(given.scores, given.history, given.tuned)
    row = train_classifier(run, workplace(given), outputs)
    given.notes["processes"] = given.nproc
    given.notes |= {key: row[key] for key in ("status", "device", "precision", "accuracy")}


if __name__ == "__main__":
    main()
