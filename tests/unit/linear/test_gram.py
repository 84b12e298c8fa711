import sys
import time

import numpy as np
import pytest

from spatial_mae.linear import gram as module
from spatial_mae.linear.gram import gram


def _pixels(n: int, d: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, d), dtype=np.uint8)


def _oracle(rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.int64).T @ rows.astype(np.int64)


@pytest.mark.parametrize("method", ["auto", "int8", "float32", "float64"])
@pytest.mark.parametrize("n", [1, 1500])
def test_every_method_is_exact(method, n):
    rows = _pixels(n, 70)
    products, total = gram([rows[:100], rows[100:]], 70, method)
    assert np.array_equal(products, _oracle(rows))
    assert np.array_equal(total, rows.sum(axis=0, dtype=np.int64))


@pytest.mark.parametrize("method", ["int8", "float32"])
@pytest.mark.parametrize("value", [0, 127, 128, 255])
def test_extreme_pixels_do_not_overflow(method, value):
    rows = np.full((9000, 3), value, np.uint8)
    assert (gram([rows], 3, method)[0] == 9000 * value**2).all()


def test_tiles_below_the_diagonal_are_copied(monkeypatch):
    monkeypatch.setattr(module, "TILE", 16)
    rows = _pixels(40, 50)
    for method in ("int8", "float32"):
        assert np.array_equal(gram([rows], 50, method)[0], _oracle(rows))


def test_wide_integers_are_exact_in_float64():
    rows = np.random.default_rng(0).integers(0, 766, (3000, 20)).astype(np.uint16)
    assert np.array_equal(gram([rows], 20, "float64")[0], _oracle(rows))


def test_without_torch_int8_falls_back(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    rows = _pixels(30, 8)
    assert np.array_equal(gram([rows], 8, "int8")[0], _oracle(rows))


def test_small_work_measures_nothing(monkeypatch):
    monkeypatch.setattr(module, "fastest", lambda n_columns: pytest.fail("measured"))
    gram([_pixels(30, 8)], 8, "auto", n_rows=30)
    with pytest.raises(pytest.fail.Exception):
        gram([_pixels(30, 8)], 8, "auto", n_rows=int(module.LARGE_WORK))


@pytest.mark.parametrize("slow", ["int8", "float32", "float64"])
def test_large_work_avoids_a_slow_kernel(monkeypatch, tmp_path, slow):
    """Also where int8 products are exact but sixty times slower, as without VNNI."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    used = []

    def loader(name):
        def load(block):
            values = block.astype(np.float64) - (0 if name == "float64" else module.SHIFT)

            def kernel(i, j):
                used.append(name)
                until = time.process_time() + (0.3 if name == slow else 0)
                while time.process_time() < until:
                    pass
                return values[:, i].T @ values[:, j]

            return kernel

        return load

    monkeypatch.setattr(module, "_int8_loader", lambda: loader("int8"))
    monkeypatch.setattr(module, "_float32_kernel", loader("float32"))
    monkeypatch.setattr(module, "_float64_kernel", loader("float64"))
    rows = _pixels(1500, 70)
    products, _ = gram([rows], 70, "auto", n_rows=int(module.LARGE_WORK))
    assert np.array_equal(products, _oracle(rows))
    assert used[-1] != slow
    assert used.count(slow) <= 2  # it was tried, not used


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="'int4' is unknown"):
        gram([], 3, "int4")
