"""Ising models, spectra of masks, lemmas and Taylor predictions: no images are needed."""

from spatial_mae.study.cards import Rule, Table
from spatial_mae.study.measured.columns import LINEAR, LOSSES
from spatial_mae.study.measured.keys import ISING, SPECTRUM

MEASURED = ("boundary_energy", "boundary_energy_weights", "boundary_energy_limit")
MEASURED += ("rank_influence", "identity_error", "identity_floor", "sinusoid_r2", "spectral_gap")

RULES = {
    "solve_ising": Rule(
        "results/ising/{run}",
        slugs={"run": ISING},
        recipe="ising",
        declared="linear.ising_study.IsingRecipe",
        stage="linear",
        tables={
            "ising_weights": Table(
                "weights_{recipe}.csv",
                ("model", "mask_ratio", "quantity", "row", "column", "value"),
                figures=("ising",),
            ),
            "ising_summary": Table(
                "summary_{recipe}.csv",
                (*LINEAR, *MEASURED, "size", "n_samples", "energy_per_site", "energy_onsager"),
                figures=("ising_couplings",),
                also=("ising_torus",),
            ),
        },
        file="{recipe}.record.json",
    ),
    "measure_spectrum": Rule(
        "results/spectrum/{run}",
        slugs={"run": SPECTRUM},
        recipe="spectrum",
        declared="linear.spectrum.SpectrumRecipe",
        stage="linear",
        tables={
            "spectrum": Table(
                "spectrum_{recipe}.csv",
                (
                    *("mask_ratio", "n_masks", "frequency_x", "frequency_y"),
                    *("expected", "averaged", "standard_error"),
                ),
                figures=("mask_spectrum",),
            ),
        },
    ),
    "check_lemmas": Rule(
        "results/theory",
        recipe="lemmas",
        declared="linear.instance.LemmaRecipe",
        stage="linear",
        tables={
            "lemmas": Table("lemmas_{recipe}.csv", ("check", "quantity", "value", "n")),
        },
    ),
    "measure_taylor": Rule(
        "results/theory",
        recipe="taylor",
        declared="linear.taylor.TaylorRecipe",
        stage="linear",
        tables={
            "taylor": Table("taylor_{recipe}.csv", (*LOSSES, "n_masks"), figures=("taylor",)),
        },
    ),
}
