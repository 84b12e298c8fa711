import numpy as np
import pytest

from spatial_mae.linear.decomposition import decompose
from spatial_mae.linear.moments import second_moment
from spatial_mae.linear.solution import mae_losses, solve_mae
from spatial_mae.masks.patches import mirror_index, patch_index, same_patch

RATIOS = [0.0, 0.1, 0.5, 0.9]


def _images(height: int, width: int, channels: int = 1, n: int = 400) -> np.ndarray:
    """Smooth images: sums of random blocks of several sizes."""
    rng = np.random.default_rng(0)
    total = np.zeros((n, height, width, channels))
    for size in (1, 2, 4):
        rows, columns = -(-height // size), -(-width // size)
        coarse = rng.standard_normal((n, rows, columns, channels)) * size
        total += coarse.repeat(size, 1).repeat(size, 2)[:, :height, :width]
    return np.clip(128 + 12 * total, 0, 255).astype(np.uint8)


def _moment(height: int, width: int, channels: int = 1, flip: bool = False) -> np.ndarray:
    colour = "rgb" if channels == 3 else "luma"
    return second_moment(_images(height, width, channels), colour, "centred", flip=flip)


def _naive_losses(S: np.ndarray, index: np.ndarray, mask_ratio: float) -> np.ndarray:
    V = np.where(same_patch(index), S, (1 - mask_ratio) * S)
    values = np.linalg.eigvalsh(S @ np.linalg.inv(V) @ S)[::-1]
    return np.trace(S) - (1 - mask_ratio) * np.cumsum(values)


@pytest.mark.parametrize("patch_size", [1, 2, 4, 8])
def test_one_decomposition_serves_every_mask_ratio(patch_size):
    S, index = _moment(8, 8), patch_index(8, 8, patch_size)
    losses = decompose(S, index).losses(RATIOS)
    for row, mask_ratio in zip(losses, RATIOS, strict=True):
        assert np.abs(row - _naive_losses(S, index, mask_ratio)).max() < 1e-12 * np.trace(S)


@pytest.mark.parametrize("sampling", ["bernoulli", "exact"])
@pytest.mark.parametrize("k", [1, 3, 20, 64])
def test_solutions_match_the_direct_closed_form(sampling, k):
    S, index = _moment(8, 8), patch_index(8, 8, 4)
    shared = decompose(S, index)
    for mask_ratio in (0.0, 0.25, 0.75):
        direct = solve_mae(S, index, mask_ratio, k, sampling=sampling)
        solution = shared.solve(mask_ratio, k, sampling)
        assert solution.loss == pytest.approx(direct.loss, abs=1e-12 * np.trace(S))
        assert solution.eigenvalues[:k] == pytest.approx(direct.eigenvalues[:k], rel=1e-9)
        assert solution.influence == pytest.approx(direct.influence, abs=1e-9)
        assert solution.decoder @ solution.decoder.T == pytest.approx(np.eye(k), abs=1e-12)


@pytest.mark.parametrize(
    ("height", "width", "channels", "patch_size"),
    [
        (8, 8, 1, 2),
        (8, 8, 1, 8),
        (4, 12, 1, 4),
        (3, 9, 1, 3),
        (5, 5, 1, 1),
        (4, 4, 3, 2),
        (1, 12, 1, 4),
    ],
)
def test_halves_give_the_whole(height, width, channels, patch_size):
    """Even and odd numbers of patches across, a patch that is its own mirror image, odd widths."""
    S = _moment(height, width, channels, flip=True)
    index = patch_index(height, width, patch_size, channels)
    mirror = mirror_index(height, width, channels)
    whole, halves = decompose(S, index), decompose(S, index, mirror)
    assert len(halves.parts) == 2
    assert sum(len(part.values) for part in halves.parts) == len(S)
    gap = np.abs(whole.losses(RATIOS) - halves.losses(RATIOS)).max()
    assert gap < 1e-12 * np.trace(S)
    assert halves.moment() == pytest.approx(S, abs=1e-13 * np.abs(S).max())
    for k in (2, len(S)):
        found, expected = halves.solve(0.5, k), solve_mae(S, index, 0.5, k)
        assert found.influence == pytest.approx(expected.influence, abs=1e-9)
        assert found.loss == pytest.approx(expected.loss, abs=1e-12 * np.trace(S))


@pytest.mark.parametrize("flip", [False, True])
def test_influences_are_those_of_the_solutions(flip):
    S, index = _moment(8, 8, flip=flip), patch_index(8, 8, 4)
    shared = decompose(S, index, mirror_index(8, 8) if flip else None)
    for mask_ratio in (0.0, 0.5):
        found = shared.influences(mask_ratio, [3, 64, 10])
        for k, W in zip([3, 64, 10], found, strict=True):
            assert pytest.approx(solve_mae(S, index, mask_ratio, k).influence, abs=1e-9) == W


def test_patches_of_unequal_size_and_any_order():
    S = _moment(4, 4)
    index = np.array([5, 2, 2, 9] * 2 + [2] * 8)
    found = decompose(S, index).losses([0.3])[0]
    assert np.abs(found - _naive_losses(S, index, 0.3)).max() < 1e-12 * np.trace(S)


def test_a_flip_that_S_lacks_is_refused():
    S, index = _moment(8, 8), patch_index(8, 8, 4)
    with pytest.raises(ValueError, match="under the flip: use moments with flip=True"):
        decompose(S, index, mirror_index(8, 8))
    with pytest.raises(ValueError, match="permutation of the 64 coordinates"):
        decompose(S, index, mirror_index(4, 8))
    crooked = np.arange(64) // 7
    with pytest.raises(ValueError, match="does not map patches onto patches"):
        decompose(_moment(8, 8, flip=True), crooked, mirror_index(8, 8))


def test_curves_on_real_images_match_the_naive_ones(shared_data):
    """Real moments are ill-conditioned: raw, with neighbouring pixels nearly equal."""
    with np.load(shared_data / "cifar10-lossless-subset.npz") as archive:
        images = archive["train_images"][:2000, 8:24, 8:24]
    for centring in ("raw", "standardised"):
        S = second_moment(images, "luma", centring, flip=True)
        assert np.linalg.cond(S) > 1e3
        for patch_size in (2, 8):
            index = patch_index(16, 16, patch_size)
            plain = mae_losses(S, index, RATIOS)
            folded = mae_losses(S, index, RATIOS, mirror=mirror_index(16, 16))
            naive = [_naive_losses(S, index, mask_ratio) for mask_ratio in RATIOS]
            assert np.abs(plain - naive).max() < 1e-12 * np.trace(S)
            assert np.abs(folded - naive).max() < 1e-12 * np.trace(S)
