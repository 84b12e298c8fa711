import numpy as np
import pytest

from spatial_mae.linear import moments as module
from spatial_mae.linear.colour import pixel_rows
from spatial_mae.linear.moments import load_moments, pixel_moments, second_moment


def _images(n: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 4, 6, 3), dtype=np.uint8)


@pytest.mark.parametrize("colour", ["luma", "gray", "rgb"])
def test_sums_are_exact(colour):
    found = pixel_moments(_images(), colour)
    rows = np.rint(pixel_rows(_images(), colour) * found.scale).astype(np.int64)
    assert np.array_equal(found.gram, rows.T @ rows)
    assert np.array_equal(found.total, rows.sum(axis=0))
    assert found.mean == pytest.approx(pixel_rows(_images(), colour).mean(axis=0))


@pytest.mark.parametrize("colour", ["luma", "gray", "rgb"])
def test_normalisations_match_numpy(colour):
    X = pixel_rows(_images(), colour)
    assert second_moment(_images(), colour) == pytest.approx(X.T @ X / len(X), rel=1e-13)
    covariance = np.cov(X.T, bias=True)
    assert second_moment(_images(), colour, "centred") == pytest.approx(covariance, abs=1e-15)
    correlation = second_moment(_images(), colour, "standardised")
    assert correlation == pytest.approx(np.corrcoef(X.T), abs=1e-13)


def test_nothing_cancels_in_the_centred_moments():
    images = np.full((1000, 1, 2, 1), 200, np.uint8)
    images[0, 0, 0] = 201
    S = second_moment(images, centring="centred")
    assert S[0, 0] == pytest.approx((1 / 1000) * (1 - 1 / 1000) / 255**2, rel=1e-15)
    assert S[1, 1] == 0


@pytest.mark.parametrize("centring", ["raw", "centred", "standardised"])
def test_flip_adds_the_mirror_images(centring):
    both = np.concatenate([_images(), _images()[:, :, ::-1]])
    flipped = second_moment(_images(), "rgb", centring, flip=True)
    assert np.array_equal(flipped, second_moment(both, "rgb", centring))
    mirror = pixel_moments(_images(), "rgb").mirror
    assert np.array_equal(flipped, flipped[np.ix_(mirror, mirror)])


def test_ridge_is_a_share_of_the_mean_variance():
    S, ridged = (second_moment(_images(), centring="centred", ridge=r) for r in (0.0, 0.1))
    assert ridged - S == pytest.approx(0.1 * np.diag(S).mean() * np.eye(len(S)))


def test_chunks_and_memory_maps_change_nothing(tmp_path, monkeypatch):
    whole = pixel_moments(_images())
    np.save(tmp_path / "images.npy", _images())
    monkeypatch.setattr(module, "CHUNK_ROWS", 7)
    mapped = pixel_moments(np.load(tmp_path / "images.npy", mmap_mode="r"))
    assert np.array_equal(whole.gram, mapped.gram)


def test_some_of_the_images_are_spread_over_all():
    some = pixel_moments(_images(), n=10)
    assert np.array_equal(some.gram, pixel_moments(_images()[::4]).gram)
    assert some.n == 10


def test_files_keep_everything(tmp_path):
    moments = pixel_moments(_images(), "rgb")
    moments.save(tmp_path / "moments.npz")
    again = load_moments(tmp_path / "moments.npz")
    assert np.array_equal(again.gram, moments.gram)
    assert np.array_equal(again.total, moments.total)
    names = ("n", "height", "width", "channels", "colour", "scale")
    assert [getattr(again, k) for k in names] == [getattr(moments, k) for k in names]
    assert (again.n, again.height, again.width, again.channels) == (40, 4, 6, 3)


def test_constant_pixels_cannot_be_standardised():
    images = _images()
    images[:, 1, 2] = 7
    with pytest.raises(ValueError, match=r"1 coordinates \(the first is 8\) are the same in all"):
        second_moment(images, centring="standardised")


@pytest.mark.parametrize("n", [0, 41])
def test_more_images_than_there_are_is_an_error(n):
    with pytest.raises(ValueError, match=f"n = {n} images were asked for, but there are 40"):
        pixel_moments(_images(), n=n)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="dtype float64; expected uint8"):
        pixel_moments(_images() / 255)
    with pytest.raises(ValueError, match="did you mean 'centred'"):
        second_moment(_images(), centring="centered")
    with pytest.raises(ValueError, match="ridge -1"):
        second_moment(_images(), ridge=-1)


def test_too_many_images_for_exact_sums_are_refused():
    # A view that repeats one image without using memory.
    images = np.broadcast_to(_images()[:1], (3_000_000, 4, 6, 3))
    with pytest.raises(ValueError, match="overflow exact sums; use at most"):
        pixel_moments(images, "gray")


def test_sums_that_do_not_fit_are_refused_before_they_are_allocated(monkeypatch):
    monkeypatch.setattr("spatial_mae.linear.sizes.free_memory", lambda: 10_000)
    monkeypatch.setattr("spatial_mae.linear.moments.gram", lambda *_: pytest.fail("allocated"))
    with pytest.raises(
        ValueError, match=r"d = 72 coordinates .*Without matrices \(d, d\), at most"
    ):
        pixel_moments(_images(), "rgb")


def test_chunks_of_large_images_are_smaller(monkeypatch):
    whole = pixel_moments(_images(), "luma")
    monkeypatch.setattr("spatial_mae.linear.moments.CHUNK_BYTES", 3 * _images()[0].nbytes)
    assert np.array_equal(pixel_moments(_images(), "luma").gram, whole.gram)
