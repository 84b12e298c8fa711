"""Area averages against block means and a fine subdivision."""

import numpy as np
import pytest

from spatial_mae.data.shrinking import overlap_matrix, shrink_images, shrink_known


def test_whole_factors_are_block_means():
    values = np.random.default_rng(0).random((6, 8))
    blocks = values.reshape(3, 2, 2, 4).mean(axis=(1, 3))
    known = np.ones_like(values, dtype=bool)
    np.testing.assert_allclose(shrink_known(values, known, (3, 2), 1.0), blocks)


def test_broken_factors_are_those_of_a_fine_subdivision():
    """Each of 5 x 7 pixels repeated 3 x 4 times, then block means onto 3 x 4."""
    rng = np.random.default_rng(1)
    values, known = rng.random((5, 7)), rng.random((5, 7)) < 0.6
    fine = [np.repeat(np.repeat(a, 3, 0), 4, 1).reshape(3, 5, 4, 7) for a in (values, known)]
    share = fine[1].mean(axis=(1, 3))
    with np.errstate(invalid="ignore"):
        expected = (fine[0] * fine[1]).mean(axis=(1, 3)) / share
    for least in (0.01, 0.5, 0.7):
        measured = shrink_known(values, known, (3, 4), least)
        np.testing.assert_allclose(measured, np.where(share >= least, expected, np.nan))


def test_images_are_rounded_means():
    images = np.random.default_rng(2).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    expected = np.rint(images.reshape(3, 2, 4, 2, 4, 3).mean(axis=(2, 4)))
    np.testing.assert_array_equal(shrink_images(images, (2, 2)), expected)
    assert shrink_images(images, (8, 8)) is images


def test_enlarging_is_refused():
    with pytest.raises(ValueError, match="cannot shrink 4 pixels to 5"):
        overlap_matrix(4, 5)
