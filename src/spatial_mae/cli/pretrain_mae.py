"""A masked autoencoder pretrained on a data set: weights, history and checkpoints.

A stopped run continues from the state folder. Exit code 75: stopped and saved.
"""

from spatial_mae.data.held_out import hold_out
from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, recipe, values
from spatial_mae.models.architecture import Backbone
from spatial_mae.training.pretraining import PretrainingOutputs, PretrainingRun, pretrain
from spatial_mae.training.recipe import PretrainingRecipe
from spatial_mae.training.training_data import architecture_for
from spatial_mae.training.workplace import WORKPLACE, workplace


@entry_point(
    reads(manifest="manifest.json of the data"),
    recipe(Backbone, "model"),
    values(int, patch_size="in pixels", unit="side of a mask unit, in patches"),
    values(float, mask_ratio="share hidden, in (0, 1)"),
    values(int, encoder_depth="blocks", decoder_depth="blocks"),
    recipe(PretrainingRecipe),
    flag("until_epoch", type=int, help="stop there and keep what the run continues from"),
    flag("code", default="", help="fingerprint: a rung of another one is not continued"),
    paths(
        weights="safetensors to write",
        history="csv to write, one row per epoch",
        checkpoints="folder to write",
    ),
    WORKPLACE,
)
def main(given: Namespace) -> None:
    dataset = hold_out(open_dataset(given.manifest), given.recipe.held_out)
    depths = given.encoder_depth, given.decoder_depth
    run = PretrainingRun(
        dataset,
        architecture_for(dataset, given.model, given.patch_size, given.unit, *depths),
        given.mask_ratio,
        given.recipe,
        given.seed,
    )
    outputs = PretrainingOutputs(given.weights, given.history, given.checkpoints, given.code)
    metadata = pretrain(run, workplace(given), outputs, given.until_epoch)
    given.notes["processes"] = given.nproc
    given.notes |= {key: metadata[key] for key in ("status", "device", "precision", "epoch")}


if __name__ == "__main__":
    main()
