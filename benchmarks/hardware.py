"""The most this machine can do: matrix products of the types that the benchmarks use."""

import platform
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

SIZE, SMALL = 2048, 256
PATIENCE = 2.0  # seconds that one large product may take
CPU_INFO = Path("/proc/cpuinfo")
# What decides how fast a CPU multiplies bfloat16 and int8 matrices.
FEATURES = (
    *("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni"),
    *("amx_tile", "amx_bf16", "amx_int8"),
)


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    rows = [
        {"product": "float64", "10^9 operations/s": gemm_rate(np.float64)},
        {"product": "float32", "10^9 operations/s": gemm_rate(np.float32)},
        {"product": "float32 (torch)", "10^9 operations/s": float32_rate()},
        {"product": "bfloat16 (torch)", "10^9 operations/s": bfloat16_rate()},
        {"product": "int8 (torch._int_mm)", "10^9 operations/s": int8_rate()},
    ]
    return [(f"products of {SIZE} x {SIZE} matrices, best of 5", rows)]


def gemm_rate(dtype: type) -> float:
    """10^9 multiplications and additions per second of numpy's matrix product."""
    return rate(lambda size: _product(np.ones((2, size, size), dtype)))


def int8_rate() -> float:
    """The same for signed bytes in torch."""
    import torch

    def prepare(size: int) -> Callable[[], object]:
        a, b = torch.ones((2, size, size), dtype=torch.int8)
        return lambda: torch._int_mm(a, b)

    return rate(prepare)


def float32_rate() -> float:
    """The same for torch's float32, by the faster of the ways in which linear layers multiply."""
    import torch

    from spatial_mae.models.products import linear, product_ways

    def prepare(size: int, way: str) -> Callable[[], object]:
        a, b = torch.ones((2, size, size))
        return lambda: linear(a, b, a[0], way)

    ways = product_ways(torch.float32)
    return max(rate(lambda size, way=way: prepare(size, way)) for way in ways)


def bfloat16_rate() -> float:
    """The same for torch's bfloat16."""
    import torch

    return rate(lambda size: _product(torch.ones((2, size, size), dtype=torch.bfloat16)))


def _product(pair: Sequence) -> Callable[[], object]:
    a, b = pair
    return lambda: a @ b


def rate(prepare: Callable[[int], Callable[[], object]]) -> float:
    """10^9 operations per second of the product of two size x size matrices, best of 5.

    prepare(size): returns one product of that size. A processor without instructions for a type
    can take a minute for a large product: its rate is that of a small one.
    """
    small = _seconds(prepare(SMALL))
    if small * (SIZE / SMALL) ** 3 > PATIENCE:
        return 2 * SMALL**3 / small / 1e9
    return 2 * SIZE**3 / _seconds(prepare(SIZE)) / 1e9


def _seconds(product: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        product()
        best = min(best, time.perf_counter() - start)
    return best


def processor() -> str:
    """The CPU's model, and which of FEATURES it has, as Linux tells; elsewhere the model alone."""
    if not CPU_INFO.exists():
        return platform.processor() or "unknown CPU"
    lines = (line.partition(":") for line in CPU_INFO.read_text().splitlines())
    entries = {name.strip(): value.strip() for name, _, value in lines}
    has = _features(entries.get("flags", entries.get("Features", "")).split())
    return (
        f"{entries.get('model name', 'unknown CPU')} with {' '.join(has) or 'none of AVX2 to AMX'}"
    )


def _features(flags: Iterable[str]) -> list[str]:
    return [name for name in FEATURES if name in set(flags)]
