"""The linear half: second moments, closed forms, and what is measured on them."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import LINEAR
from spatial_mae.study.measured.keys import MOMENT, SOLVED

# Of limits for infinitely many images, whose ridge is chosen by validation.
LIMIT = ("patch", "centring", "flip")
SPREADS = ("mean_distance", "intra_patch_share", "entropy", "half_width")
SPREADS += tuple(f"{name}_square" for name in SPREADS)
# Of images too large to be decomposed, whose outputs are sampled.
SAMPLED = ("stationary_weight", "n_outputs")
ERRORS = tuple(f"{name}_{error}" for name in SPREADS for error in ("se", "halves"))

RULES = {
    "compute_moments": Rule(
        "results/linear/{dataset}/{moment}",
        slugs={"moment": MOMENT},
        file="moments.record.json",
    ),
    "solve_linear": Rule(
        "results/linear/{dataset}/{moment}/{run}",
        slugs=SOLVED,
        file="solution.record.json",
    ),
    "measure_autocorrelation": Rule(
        "results/linear/{dataset}/{moment}",
        slugs={"moment": MOMENT},
        recipe="autocorrelation",
        declared="linear.autocorrelation.AutocorrelationRecipe",
        stage="linear",
        tables={
            "autocorrelation": Table(
                "autocorrelation_{recipe}.csv",
                ("border", "mean_removal", "dx", "dy", "distance", "correlation") + ("covariance",),
                figures=("autocorrelation",),
            ),
        },
    ),
    "measure_losses": Rule(
        "results/linear/{dataset}/{moment}/{run}",
        slugs=SOLVED,
        recipe="linear",
        declared="linear.recipe.ComparisonRecipe",
        stage="linear",
        tables={
            "losses": Table(
                "losses_{recipe}.csv",
                (*LINEAR, "sampling", "loss", "eigenvalue", "loss_se", "loss_halves", *SAMPLED),
                figures=("losses",),
                also=("sampling_laws",),
            ),
        },
    ),
    "measure_influence": Rule(
        "results/linear/{dataset}/{moment}/{run}",
        slugs=SOLVED,
        recipe="linear",
        declared="linear.recipe.ComparisonRecipe",
        stage="linear",
        tables={
            "influence": Table(
                "influence_{recipe}.csv",
                (*LINEAR, "noise_deviation", "sampling", *SPREADS, *ERRORS, *SAMPLED),
                figures=("influence_grid",),
                also=("influence_choices", "estimation_noise"),
            ),
            "profile": Table(
                "profile_{recipe}.csv",
                (*LINEAR, "noise_deviation", "sampling")
                + ("distance", "mean_absolute", "mean_square", "n_pairs")
                + ("mean_absolute_se", "mean_square_se", *SAMPLED),
                figures=("influence_models", "influence_profiles"),
            ),
        },
    ),
    "measure_influence_limit": Rule(
        "results/linear/{dataset}/{moment}/{run}",
        slugs={"moment": MOMENT, "run": LIMIT},
        recipe="influence_limit",
        declared="linear.influence_limit.InfluenceLimitRecipe",
        stage="linear",
        tables={
            "influence_limit": Table(
                "limits_{recipe}.csv",
                (*LINEAR, "noise_deviation", "sampling", "measure", "against", "value")
                + ("standard_error", "misfit", "interval_low", "interval_high", "at_largest_n")
                + ("ridge_chosen",),
                figures=("influence_limit",),
            ),
            "influence_subsets": Table(
                "subsets_{recipe}.csv",
                (*LINEAR, "noise_deviation", "sampling", "estimate", "full_rank", "subset")
                + (*SPREADS, "ridge_chosen"),
                figures=("estimation_bias",),
            ),
        },
    ),
    "measure_psd": Rule(
        "results/linear/{dataset}",
        recipe="psd",
        declared="linear.image_spectrum.PsdRecipe",
        stage="linear",
        tables={
            "psd": Table(
                "psd_{recipe}.csv",
                ("patch", "sampling", "mask_ratio", "part", "frequency_x", "frequency_y", "power"),
                figures=("masked_psd",),
            ),
        },
    ),
}
