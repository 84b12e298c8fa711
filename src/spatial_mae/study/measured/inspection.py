"""What a pretrained network shows: attention, embedding, robustness, both papers side by side."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import ORIGINAL, PIXEL, SCALE, SCORE, TIMES
from spatial_mae.study.measured.keys import TRAINED

POINTS = ("protocol", "representation", "n_test", "n_classes")
POINTS += ("components", "perplexity", "neighbours")

RULES = {
    "inspect_mae": Rule(
        "results/inspect/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="inspection",
        declared="inspection.recipe.InspectionRecipe",
        stage="inspection",
        tables={
            "unmasked": Table(
                "unmasked_{recipe}.csv",
                ("protocol", *SCORE, "n_test", "normalised_targets", *SCALE, "epoch", *TIMES),
                figures=("unmasked_reconstruction",),
                needs=("metrics",),
            ),
            "attention": Table(
                "attention_{recipe}.csv",
                ("protocol", "query", "block", "head", *SCORE, "n_test", "uniform", *SCALE)
                + ("epoch", *TIMES),
                figures=("attention_reach",),
                needs=("attention",),
            ),
            "attention_maps": Table(
                "maps_{recipe}.csv",
                (*PIXEL, "source", *ORIGINAL, *SCALE, "head", "weight", "kept", "chosen"),
                figures=("attention_maps",),
                needs=("attention", "n_shown"),
            ),
            "embedding": Table(
                "embedding_{recipe}.csv",
                (*POINTS, "space", *SCORE, *SCALE, "epoch", *TIMES),
                figures=("separability",),
                needs=("n_classes",),
            ),
            "embedding_points": Table(
                "points_{recipe}.csv",
                ("class", "x", "y", *POINTS, "silhouette", "knn_accuracy", *SCALE),
                figures=("class_planes",),
                needs=("n_classes",),
            ),
        },
        file="inspection_{recipe}.record.json",
        gpu=True,
    ),
    "probe_robustness": Rule(
        "results/robustness/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="robustness",
        declared="evaluation.robustness_recipe.RobustnessRecipe",
        stage="inspection",
        tables={
            "robustness": Table(
                "{recipe}.csv",
                ("protocol", "shifted", "corruption", "severity", *SCORE, "n_test")
                + (
                    "representation",
                    "seconds",
                    "n_train",
                    "penalty",
                    "converged",
                    "n_files",
                    "n_same",
                    "n_classes",
                )
                + SCALE,
                figures=("robustness",),
                also=("shape_bias", "table_robustness", "table_shape_bias"),
                drawn_with={"shape_bias": "cue_conflict", "table_shape_bias": "cue_conflict"},
            ),
        },
        gpu=True,
    ),
    "relate_papers": Rule(
        "results/both_papers/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="both_papers",
        declared="hierarchy.both_papers.BothPapersRecipe",
        stage="inspection",
        tables={
            "both_papers": Table(
                "{recipe}.csv",
                ("paper", "measure", "source", "value", "standard_error", *SCALE),
                figures=("both_papers",),
            ),
        },
    ),
}
