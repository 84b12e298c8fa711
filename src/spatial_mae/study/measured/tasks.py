"""Gabor responses and depth maps, predicted from the linear half's features; gains of masking."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import LINEAR
from spatial_mae.study.measured.keys import SOLVED

FILTERS = ("reading", "readout", "input", *LINEAR, "scale", "frequency", "orientation")
GOALS = ("target", "reading", "scale", "frequency", "orientation", "order_y", "order_x")
CELL = ("mask_ratio", "n_latents", "predictor")
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
    "predict_gains": Rule(
        "results/evaluate/gains/{dataset}/linear/{moment}/{run}",
        slugs=SOLVED,
        recipe="gains",
        declared="tasks.masking_gains.GainRecipe",
        stage="tasks",
        tables={
            "target_gains": Table(
                "{recipe}.csv",
                (*GOALS, *CELL, "predicted_gain", "gain", "standard_error", "n_test"),
                figures=("target_gains",),
            ),
            "target_ranks": Table(
                "{recipe}.ranks.csv",
                ("target", *CELL, "rank_correlation", "standard_error", "interval_low")
                + ("interval_high", "sign_agreement", "majority", "n_sure", "n_targets", "n_test"),
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
