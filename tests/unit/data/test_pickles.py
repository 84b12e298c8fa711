"""Pickles of arrays are read; pickles that ask for code are refused before it runs."""

import io
import pickle

import numpy as np
import pytest

from spatial_mae.data.pickles import planar_images, read_batch


def dumped(value, protocol=2):
    return io.BytesIO(pickle.dumps(value, protocol=protocol))


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_batches_of_every_protocol_are_read(protocol):
    data = np.arange(24, dtype=np.uint8).reshape(2, 12)
    batch = {b"data": data, b"labels": [3, 1], b"batch_label": b"testing batch 1 of 1"}
    values = read_batch(dumped(batch, protocol), "x")
    np.testing.assert_array_equal(values["data"], data)
    assert values["labels"] == [3, 1]


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_a_pickle_that_asks_for_code_is_refused_and_nothing_is_run(tmp_path):
    trap = tmp_path / "trap"
    with pytest.raises(ValueError, match="is refused: it asks for .*open"):
        read_batch(dumped({"data": Malicious(str(trap))}), "bad")
    assert not trap.exists()


@pytest.mark.parametrize("text", [b"cos\nsystem\n(S'true'\ntR.", b"cbuiltins\neval\n(S'1'\ntR."])
def test_known_attacks_are_refused(text):
    with pytest.raises(ValueError, match="is refused"):
        read_batch(io.BytesIO(text), "bad")


def test_damaged_pickles_are_named():
    whole = pickle.dumps({"data": np.zeros(100)})
    for part in (whole[:-30], b"", b"not a pickle"):
        with pytest.raises(ValueError, match="bad is"):
            read_batch(io.BytesIO(part), "bad")
    with pytest.raises(ValueError, match="holds a list"):
        read_batch(dumped([1]), "bad")


def test_planes_become_channels():
    image = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    rows = np.stack([np.concatenate([i[..., c].ravel() for c in range(3)]) for i in image])
    np.testing.assert_array_equal(planar_images(rows, 4, "x"), image)
    for wrong in (rows[:, :-1], rows.astype(float), None):
        with pytest.raises(ValueError, match="x: expected uint8 rows of 48"):
            planar_images(wrong, 4, "x")
