"""Jacobians of pretrained networks."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import LOSSES, ORIGINAL, PIXEL, SCALE
from spatial_mae.study.measured.keys import TRAINED

JACOBIAN = ("split", *SCALE, "n_masks")
CONVENTIONS = ("power", "channels", "base", "normalised")
OUTPUT = ("output", "output_row", "output_column")

RULES = {
    "measure_jacobian": Rule(
        "results/jacobian/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="jacobian",
        declared="jacobian.recipe.JacobianRecipe",
        stage="jacobian",
        tables={
            "jacobian": Table(
                "summary_{recipe}.csv",
                (*JACOBIAN, "source", "epoch", "outputs", "measure", *CONVENTIONS, "value")
                + ("standard_error", "n_outputs"),
                figures=("overview",),
            ),
            "jacobian_profile": Table(
                "profile_{recipe}.csv",
                (*JACOBIAN, "source", "epoch", "outputs", "power", "weighting")
                + ("distance", "mean", "standard_error", "n_pairs"),
                figures=("jacobian_profiles",),
            ),
            "entropy_histogram": Table(
                "histogram_{recipe}.csv",
                (*JACOBIAN, "source", "epoch", "outputs", *CONVENTIONS, "low", "high")
                + ("share", "n_outputs"),
                figures=("spatial_entropy",),
            ),
        },
        gpu=True,
    ),
    "track_basis": Rule(
        "results/jacobian/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="basis",
        declared="jacobian.recipe.BasisRecipe",
        stage="jacobian",
        tables={
            "basis": Table(
                "basis_{recipe}.csv",
                (*JACOBIAN, "source", "epoch", *OUTPUT, "measure", *CONVENTIONS, "value")
                + ("standard_error",),
                figures=("basis_over_training",),
            ),
            "basis_kernels": Table(
                "kernels_{recipe}.csv",
                (*JACOBIAN, "source", *PIXEL, "hidden", *ORIGINAL, "epoch", *OUTPUT)
                + ("adaptivity", "weight", "spread", "entropy"),
                figures=("basis_kernels",),
            ),
        },
        gpu=True,
    ),
    "compare_linear": Rule(
        "results/jacobian/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="comparison",
        declared="jacobian.recipe.ComparisonRecipe",
        stage="jacobian",
        tables={
            "mean_kernels": Table(
                "mean_kernels_{recipe}.csv",
                (*JACOBIAN, "source", *OUTPUT, "row", "column", "value", "standard_error")
                + ("similarity", "spread"),
                figures=("mean_kernels",),
            ),
            "second_order": Table(
                "second_order_{recipe}.csv",
                (*JACOBIAN, "measure", "value", "n_train", "n_inputs", "penalty"),
                figures=("second_order",),
            ),
        },
        gpu=True,
    ),
    "predict_masked_loss": Rule(
        "results/jacobian/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="masked_loss",
        declared="jacobian.recipe.MaskedLossRecipe",
        stage="jacobian",
        tables={
            "masked_loss": Table(
                "masked_loss_{recipe}.csv",
                (*JACOBIAN, *LOSSES, "predicted_bias", "predicted_variance", "measured_bias")
                + ("measured_variance",),
                figures=("taylor_networks",),
            ),
        },
        gpu=True,
    ),
}
