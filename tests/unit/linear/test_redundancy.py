import numpy as np
import pytest

from spatial_mae.linear.redundancy import redundancy_gain
from spatial_mae.linear.solution import solve_mae


@pytest.mark.parametrize("mask_ratio", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("n_patches", [1, 2, 5])
def test_a_shared_feature_gains_and_a_local_one_does_not(mask_ratio, n_patches):
    """Patches of 3: a feature u in all patches at once, and v, orthogonal, in one patch alone."""
    size = 3 * n_patches
    u, v = np.array([1.0, 2.0, 2.0]) / 3, np.array([2.0, 1.0, -2.0]) / 3
    shared = np.tile(u, n_patches)
    local = np.concatenate([v, np.zeros(size - 3)])
    S = 2.0 * np.outer(shared, shared) + 1.5 * np.outer(local, local) + 1e-9 * np.eye(size)
    index = np.repeat(np.arange(n_patches), 3)
    values = np.linalg.eigvalsh(S)[::-1][:2]
    masked = solve_mae(S, index, mask_ratio, 2)
    gains = {}
    for value, vector in zip(masked.eigenvalues, masked.decoder, strict=False):
        name = "shared" if abs(vector @ shared) > 0.5 else "local"
        gains[name] = value / (values[0] if name == "shared" else 1.5)
    assert gains["shared"] == pytest.approx(redundancy_gain(mask_ratio, n_patches), rel=1e-6)
    assert gains["local"] == pytest.approx(1.0, rel=1e-6)


def test_impossible_arguments_are_refused():
    with pytest.raises(ValueError, match="outside"):
        redundancy_gain(1.0, 4)
    with pytest.raises(ValueError, match="n_patches = 0"):
        redundancy_gain(0.5, 0)
