"""What the tests of the benchmarks share."""

import numpy as np
import pytest
import torch
from benchmarks.gpu_check.context import TINY, Context
from benchmarks.gpu_check.report import Report


@pytest.fixture(scope="session")
def images_file():
    """Write an .npz of random images with three classes, but for what an argument spoils."""

    def write(path, n=(120, 40), shape=(32, 32, 3), dtype=np.uint8, without=()):
        rng = np.random.default_rng(0)
        arrays = {}
        for split, count in zip(("train", "test"), n, strict=True):
            arrays[f"{split}_images"] = rng.integers(0, 256, (count, *shape)).astype(dtype)
            arrays[f"{split}_labels"] = rng.integers(0, 3, count)
        np.savez(path, **{name: array for name, array in arrays.items() if name not in without})
        return path

    return write


@pytest.fixture
def context(tmp_path):
    """Tiny sizes on the CPU."""
    return Context(torch.device("cpu"), TINY, None, tmp_path / "scratch", tmp_path)


@pytest.fixture
def part(tmp_path):
    """A part of a report in tmp_path."""
    return Report(tmp_path, {"device": "none"}, fresh=True).begin("some", "title", 0.0)
