"""Input that has no solution, or none here: said in words, never returned as a result."""

import numpy as np
import pytest

from spatial_mae.linear.matrix_free.low_rank import latents
from spatial_mae.linear.matrix_free.models import Model, Solver, batches, models
from spatial_mae.linear.matrix_free.operators import DenseMoment, sample_moment, with_ridge
from spatial_mae.linear.matrix_free.run import Run, held_out_losses, solve_run
from spatial_mae.linear.matrix_free.samples import pixel_samples, scaling
from spatial_mae.linear.matrix_free.system import NotConverged, solve, system
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.sizes import (
    MOST_DENSE,
    check_dense_fits,
    check_images_fit,
    decomposed,
    kept_as_images,
)
from spatial_mae.linear.store import RunSettings
from spatial_mae.masks.patches import patch_index

INDEX = patch_index(8, 8, 2)
SETTINGS = RunSettings(2, "centred", 1e-3, False)


def pixels(n: int = 40) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.clip(128 + rng.standard_normal((n, 8, 8, 1)).cumsum(1) * 20, 0, 255).astype(np.uint8)


def problem(n: int = 40, ridge: float = 1e-3):
    moment = with_ridge(sample_moment(pixel_samples(pixels(n)), "centred", False), ridge)
    return system(moment, INDEX)


def test_a_single_image_is_refused():
    with pytest.raises(ValueError, match="n = 1 images: moments of large images need 2 to 40"):
        pixel_samples(pixels(), n=1)
    with pytest.raises(ValueError, match="n = 41"):
        pixel_samples(pixels(), n=41)


def test_constant_images_are_refused():
    with pytest.raises(ValueError, match="all 5 images are the same"):
        pixel_samples(np.full((5, 8, 8, 1), 7, np.uint8))
    images = pixels()
    images[:, :2, :2] = 9  # one patch
    with pytest.raises(ValueError, match=r"singular.*Constant pixels or fewer images"):
        system(sample_moment(pixel_samples(images), "centred", False), INDEX)
    with pytest.raises(ValueError, match="4 coordinates are the same"):
        scaling(pixel_samples(images), "standardised", False)


def test_one_patch_is_refused():
    with pytest.raises(ValueError, match=r"one patch holds the whole image.*smaller|two patches"):
        system(DenseMoment(np.eye(64)), patch_index(8, 8, 8))


def test_a_mask_ratio_at_which_nothing_is_hidden_is_refused():
    hidden = Model("mae", 0.0, None, 64, "hidden")
    with pytest.raises(ValueError, match="mask ratio 0 hides nothing"):
        Solver(problem(), [64]).columns(hidden, np.arange(3))
    none = Model("mae", 0.01, None, 64, "exact")
    with pytest.raises(ValueError, match="does not hide a whole number of 16 patches"):
        Solver(problem(), [64]).columns(none, np.arange(3))


def test_memory_for_less_than_one_output_is_refused():
    with pytest.raises(ValueError, match=r"one output of 50,176 .* takes 4\.0 MB, and 2\.0 MB"):
        batches(np.arange(10), 50_176, free=2_000_000)
    parts = batches(np.arange(10), 50_176, free=24 * 10 * 50_176 * 2)
    assert [len(part) for part in parts] == [3, 3, 3, 1]


def test_columns_that_do_not_converge_are_no_result():
    found = problem()
    targets = found.targets(np.arange(3))
    message = r"did not converge: after 2 iterations 3 of 3 columns .* the largest \d.*e-\d\d;"
    with pytest.raises(NotConverged, match=message):
        solve(found, targets, np.full(3, 0.1), max_iterations=2)


def test_latents_that_do_not_converge_are_no_result(monkeypatch):
    monkeypatch.setattr("spatial_mae.linear.matrix_free.low_rank.MAX_ITERATIONS", 1)
    monkeypatch.setattr("spatial_mae.linear.matrix_free.low_rank.TOLERANCE", 1e-9)
    with pytest.raises(NotConverged, match=r"4 latents did not converge: its residual is \d"):
        latents(problem(), 4, 0.5)


def test_many_latents_are_refused():
    with pytest.raises(ValueError, match=r"n_latents = 40 of 64 .* 1 to 4 latents, and for `all`"):
        latents(problem(), 40, 0.5)
    recipe = LinearRecipe((0.5,), (), (3, "all"), ("hidden",))
    with pytest.raises(ValueError, match=r"n_latents \[3\]: .*Set `n_latents: \[all\]`"):
        models(recipe, 64, 16)


def test_matrices_that_do_not_fit_name_the_other_way():
    with pytest.raises(ValueError, match=r"take 543\.8 GB .* at most 1,204,223 images are kept"):
        check_dense_fits(150_528, free=2**34)
    check_dense_fits(3072, free=2**34)
    with pytest.raises(ValueError, match=r"take 5\.0 GB, .*set `n` .* at most 39,859"):
        check_images_fit(100_000, 50_176, free=4_000_000_000)


def test_sizes_decide_the_form():
    assert decomposed(MOST_DENSE)
    assert not decomposed(MOST_DENSE + 1)
    assert kept_as_images(341, 50_176)
    assert not kept_as_images(341, 3072)
    assert not kept_as_images(1_281_167, 12_288)  # ImageNet in 64 x 64: sums are smaller


def test_too_few_images_to_choose_a_weight():
    with pytest.raises(ValueError, match="n = 9 images are too few to hold some out"):
        solve_run(pixel_samples(pixels(9)), SETTINGS)


def test_the_weight_is_that_of_the_least_held_out_loss():
    samples = pixel_samples(pixels(12))
    run, losses = solve_run(samples, SETTINGS, weights=(0.0, 0.5, 1.0))
    assert losses == held_out_losses(samples, SETTINGS, (0.0, 0.5, 1.0))
    assert run.stationary == min(losses, key=losses.get)
    assert losses[0.5] < losses[0.0]  # 10 images for 64 pixels
    # Without a ridge 2 images leave patches singular; the stationary part does not.
    bare = RunSettings(2, "centred", 0.0, False)
    assert 0.0 not in held_out_losses(pixel_samples(pixels(3)), bare, (0.0, 0.5))
    with pytest.raises(ValueError, match="singular"):
        held_out_losses(pixel_samples(pixels(3)), bare, (0.0,))


def test_halves_share_no_image():
    run = Run(SETTINGS, pixel_samples(pixels(9)), 0.0)
    first, second = (half.data.rows for half in run.halves())
    assert (len(first), len(second)) == (4, 5)
    assert np.array_equal(np.vstack([first, second]), run.data.rows)
    assert Run(SETTINGS, pixel_samples(pixels(3)), 0.0).halves() == []
