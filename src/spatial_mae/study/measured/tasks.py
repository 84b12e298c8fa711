"""Gabor responses and depth maps, predicted from the linear half's features."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import LINEAR
from spatial_mae.study.measured.keys import SOLVED

RULES = {
    "predict_gabor": Rule(
        "results/evaluate/gabor/{dataset}/linear/{moment}/{run}",
        slugs=SOLVED,
        recipe="gabor",
        declared="tasks.gabor.GaborRecipe",
        stage="tasks",
        tables={
            "gabor": Table(
                "{recipe}.csv",
                (
                    "reading",
                    "readout",
                    "input",
                    *LINEAR,
                    "scale",
                    "frequency",
                    "orientation",
                    "error",
                ),
                figures=("gabor",),
            ),
        },
    ),
    "predict_depth": Rule(
        "results/evaluate/depth/{dataset}/linear/{moment}/{run}",
        slugs=SOLVED,
        recipe="depth",
        declared="tasks.depth.DepthRecipe",
        stage="tasks",
        tables={
            "depth": Table(
                "{recipe}.csv",
                ("target", "readout", "input", *LINEAR, "ridge_chosen", "error", "rmse")
                + ("n_train", "n_test"),
                figures=("depth",),
            ),
        },
    ),
}
