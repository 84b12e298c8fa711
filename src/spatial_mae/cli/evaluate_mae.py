"""Evaluate a pretrained MAE: probes, reconstruction errors, a gallery."""

from spatial_mae.data.held_out import hold_out
from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.evaluation.saved_probes import write_probes
from spatial_mae.evaluation.scores import evaluate
from spatial_mae.files import write_rows
from spatial_mae.training.workplace import DEVICE, on_device


@entry_point(
    reads(manifest="manifest.json of the data", weights="safetensors of the run"),
    paths(checkpoints="folder of its checkpoints"),
    recipe(EvaluationRecipe),
    DEVICE,
    paths(scores="csv to write", reconstructions="csv to write", probes="npz to write"),
)
def main(given: Namespace) -> None:
    with on_device(given) as device:
        found = evaluate(
            hold_out(open_dataset(given.manifest), given.recipe.held_out),
            given.weights,
            given.checkpoints,
            given.recipe,
            given.seed,
            device,
        )
    write_rows(given.scores, found.scores)
    write_rows(given.reconstructions, found.gallery)
    write_probes(given.probes, found.probes)


if __name__ == "__main__":
    main()
