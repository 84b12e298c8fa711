import numpy as np
import pytest

from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import (
    RunSettings,
    read_decomposition,
    read_run,
    solve_run,
    write_run,
)


def _moments(n: int = 300, size: int = 4):
    images = np.random.default_rng(0).integers(0, 256, (n, size, size, 1), dtype=np.uint8)
    return pixel_moments(images)


@pytest.mark.parametrize("flip", [False, True])
def test_a_run_survives_the_disk(tmp_path, flip):
    moments, settings = _moments(), RunSettings(2, "centred", 0.01, flip)
    solved = solve_run(moments, settings)
    moments.save(tmp_path / "moments.npz")
    write_run(tmp_path / "solution.npz", settings, solved)
    run = read_run(tmp_path / "moments.npz", tmp_path / "solution.npz")
    assert run.settings == settings
    assert np.array_equal(run.S, moments.matrix("centred", 0.01, flip))
    assert run.decomposition.moment() == pytest.approx(run.S, abs=1e-15)
    assert np.array_equal(run.decomposition.losses([0.5]), solved.losses([0.5]))
    again = read_decomposition(tmp_path / "solution.npz")
    assert np.array_equal(again.solve(0.5, 3).encoder, solved.solve(0.5, 3).encoder)


def test_files_of_different_runs_are_noticed(tmp_path):
    settings = RunSettings(2, "raw", 0.0, False)
    write_run(tmp_path / "solution.npz", settings, solve_run(_moments(), settings))
    _moments(size=8).save(tmp_path / "moments.npz")
    with pytest.raises(ValueError, match="16 coordinates .* 64: they belong to different runs"):
        read_run(tmp_path / "moments.npz", tmp_path / "solution.npz")


@pytest.mark.parametrize(
    ("n", "centring", "flip"), [(15, "raw", False), (16, "centred", False), (8, "centred", True)]
)
def test_fewer_images_than_coordinates_need_a_ridge(n, centring, flip):
    message = rf"n = {n} images span fewer than d = 16 .*smallest eigenvalue of D.*set a ridge"
    with pytest.raises(ValueError, match=message):
        solve_run(_moments(n), RunSettings(2, centring, 0.0, flip))
    assert solve_run(_moments(n), RunSettings(2, centring, 0.1, flip)).losses([0.5]).min() > 0


@pytest.mark.parametrize(("centring", "needed"), [("raw", 15), ("centred", 16)])
def test_mirror_images_add_no_new_middle_column(centring, needed):
    """5 x 5 pixels have 15 dimensions that a flip leaves unchanged, of 25."""
    settings = RunSettings(5, centring, 0.0, True)
    assert solve_run(_moments(needed, 5), settings).losses([0.5]).shape == (1, 25)
    with pytest.raises(ValueError, match=f"use {needed} images or more"):
        solve_run(_moments(needed - 1, 5), settings)


def test_constant_pixels_need_a_ridge():
    images = np.random.default_rng(0).integers(0, 256, (100, 4, 4, 1), dtype=np.uint8)
    images[:, 0, 0] = 9
    with pytest.raises(ValueError, match="singular"):
        solve_run(pixel_moments(images), RunSettings(2, "centred", 0.0, False))


def test_a_patch_size_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="patch size 3 does not divide a 4 x 4 image"):
        solve_run(_moments(), RunSettings(3, "raw", 0.0, False))
