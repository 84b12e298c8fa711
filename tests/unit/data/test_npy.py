"""A growing .npy file."""

import numpy as np
import pytest

from spatial_mae.data.npy import NpyWriter


def test_rows_appended_one_by_one_are_the_array(tmp_path):
    array = np.random.default_rng(0).random((1234, 3, 2)).astype(np.float32)
    writer = NpyWriter(tmp_path / "a.npy")
    for rows in np.split(array, [1, 1, 10, 1000]):
        writer.append(rows)
    assert not (tmp_path / "a.npy").exists()
    writer.finish()
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), array)


def test_rows_that_do_not_fit_are_refused(tmp_path):
    writer = NpyWriter(tmp_path / "a.npy")
    writer.append(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="after float64"):
        writer.append(np.zeros((2, 4)))
    writer.discard()
    assert list(tmp_path.iterdir()) == []
