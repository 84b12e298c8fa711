import numpy as np
import pytest

from spatial_mae.cli import solve_linear
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings, read_run


def _run(folder, n: int = 50, **changes: object) -> None:
    images = np.random.default_rng(0).integers(0, 256, (n, 4, 4, 1), dtype=np.uint8)
    pixel_moments(images).save(folder / "moments.npz")
    flags = {
        "moments": folder / "moments.npz",
        "patch-size": 2,
        "centring": "centred",
        "ridge": 0,
        "flip": "no",
        "solution": folder / "solution.npz",
        "record": folder / "record.json",
    }
    items = (flags | changes).items()
    solve_linear.main([text for flag, value in items for text in (f"--{flag}", str(value))])


@pytest.mark.parametrize("flip", ["yes", "no"])
def test_it_writes_a_run_that_can_be_read(tmp_path, flip):
    _run(tmp_path, ridge=0.1, flip=flip)
    run = read_run(tmp_path / "moments.npz", tmp_path / "solution.npz")
    assert run.settings == RunSettings(2, "centred", 0.1, flip == "yes")
    assert run.decomposition.moment() == pytest.approx(run.S, abs=1e-15)
    assert (tmp_path / "record.json").exists()


def test_singular_moments_are_an_error_and_leave_no_file(tmp_path):
    with pytest.raises(ValueError, match="singular moments: n = 10 .* d = 16"):
        _run(tmp_path, n=10)
    assert not (tmp_path / "solution.npz").exists()
