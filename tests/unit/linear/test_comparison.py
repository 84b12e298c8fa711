import numpy as np
import pytest

from spatial_mae.linear.comparison import influence_tables, influences, loss_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.solution import solve_ae, solve_dae, solve_mae
from spatial_mae.linear.store import LinearRun, RunSettings, solve_run

RECIPE = LinearRecipe((0.25, 0.6), (0.2,), (3, "all"), ("bernoulli", "exact", "hidden"))


def _run() -> LinearRun:
    images = np.random.default_rng(0).integers(0, 256, (100, 4, 4, 1), dtype=np.uint8)
    settings = RunSettings(2, "raw", 0.0, False)
    moments = pixel_moments(images)
    return LinearRun(settings, moments, solve_run(moments, settings))


def _solve(run: LinearRun, row: dict):
    k = row["n_latents"]
    if row["model"] == "ae":
        return solve_ae(run.S, k)
    if row["model"] == "dae":
        return solve_dae(run.S, k, row["noise_deviation"] ** 2, 1)
    index = run.decomposition.patch_index
    return solve_mae(run.S, index, row["mask_ratio"], k, sampling=row["sampling"])


def test_losses_are_those_of_the_solutions():
    run = _run()
    rows = loss_rows(run.decomposition, RECIPE)
    # AE 16, Bernoulli 2 x 16, exact 16 (0.6 of 4 patches is no whole number), hidden 2 x 2.
    assert len(rows) == 16 + 32 + 16 + 4
    for row in rows:
        solution = _solve(run, row)
        # The iteration for hidden patches stops within 1e-9 a step.
        tolerance = 1e-6 if row["sampling"] == "hidden" else 1e-9
        expected = solution.loss / np.trace(run.S)
        assert row["loss"] == pytest.approx(expected, rel=tolerance, abs=1e-12)
        if row["sampling"] != "hidden":
            expected = solution.eigenvalues[row["n_latents"] - 1]
            assert row["eigenvalue"] == pytest.approx(expected, rel=1e-9)


def test_influences_are_those_of_the_solutions():
    run = _run()
    inside = run.decomposition.patch_index[:, None] == run.decomposition.patch_index
    models = list(influences(run, RECIPE))
    assert len(models) == 2 + 2 + 4 + 2 + 4
    for row, W in models:
        expected, tolerance = _solve(run, row).influence, 1e-9
        if row["sampling"] == "hidden":
            # Found by iteration, where the loss is flat: W is known less well than the loss.
            expected, tolerance = np.where(inside, 0.0, expected), 1e-2
        assert np.linalg.norm(W - expected) < tolerance * np.linalg.norm(expected)


def test_tables_have_one_row_a_model_and_one_a_distance():
    table, profiles = influence_tables(_run(), RECIPE)
    assert len(table) == 14
    assert set(table[0]) == {
        *("model", "mask_ratio", "noise_deviation", "n_latents", "sampling"),
        *("mean_distance", "mean_distance_square", "entropy", "entropy_square"),
        *("intra_patch_share", "intra_patch_share_square", "half_width", "half_width_square"),
    }
    keys = [tuple(row[k] for k in list(table[0])[:5]) for row in table]
    assert len(set(keys)) == 14
    assert len(profiles) == 14 * len({row["distance"] for row in profiles})
