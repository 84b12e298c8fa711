"""Fine-tuned networks, detectors, and networks trained from scratch."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import COSTS, PRETRAINED
from spatial_mae.study.measured.keys import SUPERVISED, TRAINED, TUNING

CLASSIFIED = ("protocol", "blocks", "epochs", "warmup_epochs", "batch_size", "model_width")
CLASSIFIED += ("accuracy", "train_accuracy", "n_classes", "trainable_parameters", "status")
CLASSIFIED += ("n_train", "n_test")

RULES = {
    "fine_tune_mae": Rule(
        "results/fine_tune/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}",
        slugs={**TRAINED, "tuning": TUNING},
        recipe="classification",
        declared="training.recipe.ClassifierRecipe",
        stage="fine_tuning",
        tables={
            "fine_tuning": Table(
                "scores.csv",
                (*CLASSIFIED, *COSTS, *PRETRAINED),
                figures=("masking_fine_tuning",),
                also=("depth_fine_tuning", "partial_fine_tuning"),
            ),
        },
        file="record.json",
        gpu=True,
        trains=True,
    ),
    "fine_tune_detector": Rule(
        "results/detect/{dataset}/{model}/{training}/{run}/{recipe}",
        slugs=TRAINED,
        recipe="detection",
        declared="detection.recipe.DetectionRecipe",
        stage="detection",
        tables={
            "detection": Table(
                "scores.csv",
                ("protocol", "initialisation", "metric", "value", "epochs", "warmup_epochs")
                + (
                    "batch_size",
                    "micro_batch",
                    "image_size",
                    "model_width",
                    "n_train",
                    "n_test",
                    "status",
                )
                + (
                    "n_categories",
                    "train_crowds",
                    "train_degenerate",
                    "test_degenerate",
                    "n_detections",
                )
                + ("test_images_per_second", *COSTS, *PRETRAINED),
                figures=("detection", "table_detection"),
            ),
        },
        file="record.json",
        gpu=True,
    ),
    "train_supervised": Rule(
        "results/supervised/{dataset}/{model}/{run}/{recipe}",
        slugs={"run": SUPERVISED},
        recipe="classification",
        declared="training.recipe.ClassifierRecipe",
        stage="fine_tuning",
        tables={
            "supervised": Table(
                "scores.csv", (*CLASSIFIED, *COSTS, *PRETRAINED), figures=("supervised_baseline",)
            ),
        },
        file="record.json",
        gpu=True,
        trains=True,
    ),
}
