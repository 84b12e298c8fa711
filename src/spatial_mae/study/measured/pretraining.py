"""Pretrained networks, their probes and their layers."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import ORIGINAL, PIXEL, PREDICTED, SCALE, TIMES
from spatial_mae.study.measured.keys import CONTROL, TRAINED

RULES = {
    "pretrain_mae": Rule(
        "results/pretrain/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="pretraining",
        declared="training.recipe.PretrainingRecipe",
        file="record.json",
        gpu=True,
        trains=True,
    ),
    "probe_pixels": Rule(
        "results/evaluate/pixels/{dataset}/{model}",
        recipe="evaluation",
        declared="evaluation.recipe.EvaluationRecipe",
        file="{recipe}.record.json",
        scores="{recipe}.csv",
    ),
    "probe_linear": Rule(
        "results/evaluate/linear/{dataset}/{model}/{control}",
        slugs={"control": CONTROL},
        recipe="evaluation",
        declared="evaluation.recipe.EvaluationRecipe",
        file="{recipe}.record.json",
        scores="{recipe}.csv",
    ),
    "evaluate_mae": Rule(
        "results/evaluate/mae/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="evaluation",
        declared="evaluation.recipe.EvaluationRecipe",
        stage="evaluation",
        tables={
            "evaluation": Table(
                "scores_{recipe}.csv",
                ("epoch", "protocol", "representation", "block", "label", "control_colour")
                + ("metric", "value", "penalty", "n_classes", "n_train", "n_test", *SCALE)
                + (
                    "batch_size",
                    "warmup_epochs",
                    "weight_decay",
                    "random_crop",
                    "flip",
                    "boundary_width",
                    "recipe_but_boundary",
                )
                + ("pretrain_seconds", "pretrain_images_per_second", "pretrain_peak_memory_bytes")
                + ("parameters", "encoder_heads", "decoder_heads", "precision", "device", *TIMES)
                + ("converged",),
                figures=("masking_grid",),
                also=(
                    "accuracy_hours",
                    "boundary_loss",
                    "depth_grid",
                    "depth_hours",
                    "probe_over_epochs",
                ),
            ),
            "gallery": Table(
                "reconstructions_{recipe}.csv",
                (*PIXEL, "hidden", *ORIGINAL, *PREDICTED, *SCALE),
                figures=("reconstructions",),
                needs=("n_gallery",),
            ),
        },
        gpu=True,
    ),
    "compare_layers": Rule(
        "results/evaluate/similarity/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="similarity",
        declared="evaluation.recipe.SimilarityRecipe",
        stage="evaluation",
        tables={
            "similarity": Table(
                "{recipe}.csv",
                ("layer", "reference_layer", "cka", "protocol", "split", "tokens")
                + ("reference_enc", *SCALE, *TIMES),
                figures=("layer_similarity",),
            ),
        },
    ),
}
