"""Hierarchies of latent variables."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import SCALE
from spatial_mae.study.measured.keys import HIERARCHY, TRAINED

RULES = {
    "measure_levels": Rule(
        "results/hierarchy/{run}",
        slugs={"run": HIERARCHY},
        recipe="levels",
        declared="hierarchy.study.LevelsRecipe",
        stage="hierarchy",
        tables={
            "hierarchy_levels": Table(
                "levels_{recipe}.csv",
                ("law", "unit_level", "mask_ratio", "definition", "value")
                + ("standard_error", "method", "n_masks", "hidden_share"),
                figures=("hierarchy_levels",),
            ),
        },
    ),
    "solve_gaussian_tree": Rule(
        "results/hierarchy/{run}",
        slugs={"run": HIERARCHY},
        recipe="gaussian_tree",
        declared="hierarchy.gaussian_study.GaussianTreeRecipe",
        stage="hierarchy",
        tables={
            "gaussian_tree": Table(
                "gaussian_{recipe}.csv",
                ("variance_ratio", "law", "unit_level", "mask_ratio", "source", "n_latents")
                + ("input", "metric", "level", "value", "standard_error", "n_masks"),
                figures=("gaussian_tree",),
            ),
        },
    ),
    "audit_theorem": Rule(
        "results/hierarchy",
        recipe="audit",
        declared="hierarchy.audit.AuditRecipe",
        stage="hierarchy",
        tables={
            "hierarchy_audit": Table(
                "audit_{recipe}.csv",
                ("graph", "n_latents", "n_observables", "n_masks", "conditions")
                + ("least_and_unique", "complement", "separated_alone", "least_visible"),
            ),
            "hierarchy_cases": Table(
                "cases_{recipe}.csv",
                ("case", "variable", "level", "position", "role", "parents") + ("hidden_share",),
                figures=("hierarchy_cases",),
            ),
        },
    ),
    "recover_latents": Rule(
        "results/hierarchy/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="recovery",
        declared="identifiability.recipe.RecoveryRecipe",
        stage="hierarchy",
        tables={
            "latent_recovery": Table(
                "recovery_{recipe}.csv",
                ("source", "representation", "readout", "role", "level", "r_squared")
                + ("standard_error", "n_masks", *SCALE, "n_fitted", "n_test"),
                figures=("recovered_latents",),
            ),
        },
    ),
    "recover_levels": Rule(
        "results/hierarchy/{dataset}/{model}/{training}/{run}",
        slugs=TRAINED,
        recipe="level_recovery",
        declared="identifiability.level_recipe.LevelRecoveryRecipe",
        stage="hierarchy",
        tables={
            "level_recovery": Table(
                "levels_{recipe}.csv",
                ("source", "representation", "readout", "components", "metric", "level", "value")
                + (*SCALE, "n_fitted", "n_test"),
                figures=("recovered_levels",),
            ),
        },
    ),
}
