"""Exact X^T X of integer pixels, on fast low-precision arithmetic.

8-bit pixels shifted by 128 fit signed bytes. Their products sum exactly in 32-bit integers, and
exactly in float32 while the sums stay within 2^24. Every method here is exact, so all agree bit for
bit. The shift is undone algebraically: with Y = X - 128 and s = Y^T 1,
    X^T X = Y^T Y + 128 (s 1^T + 1 s^T) + 128^2 n.
"""

import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from spatial_mae.choices import choose

Kernel = Callable[[slice, slice], np.ndarray]

SHIFT = 128
# Rows whose products sum exactly: within 2^24 in float32; within 2^31 in int32, cut for memory.
FLOAT32_ROWS = 2**24 // SHIFT**2
INT8_ROWS = 8192
FLOAT64_ROWS = 1024
# Columns of a tile; only tiles on and above the diagonal are computed.
TILE = 512
# Multiplications n d^2 from which measuring, and the import of torch that it needs, are repaid.
LARGE_WORK = 2e11
METHODS = ("auto", "int8", "float32", "float64")


def gram(
    chunks: Iterable[np.ndarray], n_columns: int, method: str = "auto", n_rows: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """X^T X and the column sums of the rows in `chunks`, exactly.

    chunks: arrays of shape (any, d) of uint8, or of a wider unsigned integer ("float64" only).
    method: "int8" needs torch, "float32" does not, "float64" is for values above 255. "auto" takes
    float32 for the small work that `n_rows` promises, else the fastest on this machine (`fastest`).
    Memory: one chunk and the result.

    Returns int64 arrays of shapes (d, d) and (d,). Raises ValueError for an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"gram method {method!r} is unknown; use one of {', '.join(METHODS)}")
    if method == "auto":
        large = n_rows * n_columns**2 >= LARGE_WORK
        method = fastest(n_columns) if large else "float32"
    load, rows_at_once, shift = _kernel_of(method)
    products = np.zeros((n_columns, n_columns), np.int64)
    total = np.zeros(n_columns, np.int64)
    n = 0
    for block in _blocks(chunks, rows_at_once):
        _accumulate(products, load(block))
        total += block.sum(axis=0, dtype=np.int64)
        n += len(block)
    _mirror_tiles(products)
    _undo_shift(products, total, n, shift)
    return products, total


def fastest(n_columns: int) -> str:
    """Which of "float32", "int8" and "float64" multiplies a tile fastest here, measured once.

    int8 is four times as fast as float32 where a processor has instructions for it (VNNI, AMX), and
    up to sixty times slower where it has none.
    """
    block = np.random.default_rng(0).integers(0, 256, (FLOAT32_ROWS, min(n_columns, TILE)))
    block = block.astype(np.uint8)
    everything = slice(None)
    loaders = {"float32": _float32_kernel, "int8": _int8_loader(), "float64": _float64_kernel}
    contenders = {
        name: lambda load=load: load(block)(everything, everything)
        for name, load in loaders.items()
        if load is not None
    }
    about = {"columns": block.shape[1], "threads": _threads()}
    return choose("gram", about, contenders).answer


def _threads() -> int:
    """How many threads numerical libraries use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    return int(named) if named.isdecimal() else os.cpu_count()


def _kernel_of(method: str) -> tuple[Callable[[np.ndarray], Kernel], int, int]:
    """How to load a block of rows, how many at once, and the shift that loading subtracts."""
    if method == "int8" and (load := _int8_loader()):
        return load, INT8_ROWS, SHIFT
    if method == "float64":
        return _float64_kernel, FLOAT64_ROWS, 0
    return _float32_kernel, FLOAT32_ROWS, SHIFT


def _float32_kernel(block: np.ndarray) -> Kernel:
    shifted = block.astype(np.float32) - np.float32(SHIFT)
    return lambda i, j: shifted[:, i].T @ shifted[:, j]


def _float64_kernel(block: np.ndarray) -> Kernel:
    values = block.astype(np.float64)
    return lambda i, j: values[:, i].T @ values[:, j]


def _int8_loader() -> Callable[[np.ndarray], Kernel] | None:
    """The int8 kernel, or None where torch is absent or its products saturate (no VNNI)."""
    try:
        import torch
    except ImportError:
        return None

    def kernel(block: np.ndarray) -> Kernel:
        # Flipping the top bit subtracts 128.
        shifted = torch.from_numpy((block ^ np.uint8(SHIFT)).view(np.int8))
        return lambda i, j: torch._int_mm(shifted[:, i].t(), shifted[:, j]).numpy()

    extremes = np.repeat(np.array([[0, 255]], np.uint8), 64, axis=0).repeat(32, axis=1)
    everything = slice(None)
    expected = _float32_kernel(extremes)(everything, everything)
    return kernel if np.array_equal(kernel(extremes)(everything, everything), expected) else None


def _blocks(chunks: Iterable[np.ndarray], rows_at_once: int) -> Iterator[np.ndarray]:
    for chunk in chunks:
        for start in range(0, len(chunk), rows_at_once):
            yield chunk[start : start + rows_at_once]


def _tiles(n_columns: int) -> Iterator[tuple[slice, slice]]:
    """Tiles on and above the diagonal."""
    starts = range(0, n_columns, TILE)
    for i in starts:
        for j in range(i, n_columns, TILE):
            yield slice(i, min(i + TILE, n_columns)), slice(j, min(j + TILE, n_columns))


def _accumulate(products: np.ndarray, kernel: Kernel) -> None:
    for i, j in _tiles(len(products)):
        tile = products[i, j]
        np.add(tile, kernel(i, j), out=tile, casting="unsafe")


def _mirror_tiles(products: np.ndarray) -> None:
    for i, j in _tiles(len(products)):
        products[j, i] = products[i, j].T


def _undo_shift(products: np.ndarray, total: np.ndarray, n: int, shift: int) -> None:
    """Add back shift (s 1^T + 1 s^T) + shift^2 n, in place; s are the sums of the shifted rows."""
    if shift:
        shifted_total = total - shift * n
        products += (shift * shifted_total + shift**2 * n)[:, None]
        products += (shift * shifted_total)[None, :]
