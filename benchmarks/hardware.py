"""What this machine can do at most: matrix products of the types that the benchmarks use."""

import time

import numpy as np

SIZE = 2048


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    rows = [
        {"product": "float64", "10^9 operations/s": gemm_rate(np.float64)},
        {"product": "float32", "10^9 operations/s": gemm_rate(np.float32)},
        {"product": "int8 (torch._int_mm)", "10^9 operations/s": int8_rate()},
    ]
    return [(f"products of {SIZE} x {SIZE} matrices, best of 5", rows)]


def gemm_rate(dtype: type) -> float:
    """10^9 multiplications and additions a second of numpy's matrix product."""
    a, b = np.ones((2, SIZE, SIZE), dtype)
    return rate(lambda: a @ b)


def int8_rate() -> float:
    """The same for signed bytes in torch."""
    import torch

    a, b = torch.ones((2, SIZE, SIZE), dtype=torch.int8)
    return rate(lambda: torch._int_mm(a, b))


def rate(product) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        product()
        best = min(best, time.perf_counter() - start)
    return 2 * SIZE**3 / best / 1e9
