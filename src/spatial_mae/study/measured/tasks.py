"""Gabor responses and depth maps, predicted from the linear half's features."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import LINEAR
from spatial_mae.study.measured.keys import SOLVED

FILTERS = ("reading", "readout", "input", *LINEAR, "scale", "frequency", "orientation")
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
                (*FILTERS, "error"),
                figures=("gabor",),
            ),
            "gabor_map": Table(
                "{recipe}.gains.csv",
                (*FILTERS, "error", "against", "gain", "standard_error", "interval_low")
                + ("interval_high", "n_test"),
                figures=("gabor_map",),
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
                + ("gain", "standard_error", "n_train", "n_test"),
                figures=("depth",),
            ),
        },
    ),
}
