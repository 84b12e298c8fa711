"""Second moments of uint8 images on disk, against a float64 pass of numpy over the same chunks."""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.hardware import gemm_rate, int8_rate
from benchmarks.synthetic import SIDE, random_images
from benchmarks.timing import median, peak_memory, race, ratio
from spatial_mae.choices import made
from spatial_mae.linear.gram import fastest
from spatial_mae.linear.moments import CHUNK_ROWS, pixel_moments

RATES = {
    "float64": lambda: gemm_rate(np.float64),
    "float32": lambda: gemm_rate(np.float32),
    "int8": int8_rate,
}


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    n, rounds = (1_000, 1) if quick else (50_000, 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        np.save(path, random_images(n, SIDE, 3))
        title = f"{n} RGB images of {SIDE} x {SIDE}: d = {SIDE * SIDE * 3}"
        return [
            (title, _speed(path, rounds)),
            ("kernels on one tile, from which the choice was made", _kernels()),
            ("peak memory", _memory(path)),
        ]


def float64_pass(images: np.ndarray) -> np.ndarray:
    """X^T X in float64, chunk by chunk; numpy computes half of each symmetric product."""
    size = int(np.prod(images.shape[1:]))
    total = np.zeros((size, size))
    for start in range(0, len(images), CHUNK_ROWS):
        rows = images[start : start + CHUNK_ROWS].reshape(-1, size).astype(np.float64)
        total += rows.T @ rows
    return total


def _speed(path: Path, rounds: int) -> list[dict]:
    images = np.load(path, mmap_mode="r")
    chosen = fastest(images[0].size)  # measured before the race, as the first run on a machine does
    names = {"float64, numpy": None, "float32": "float32", f"chosen here: {chosen}": chosen}
    grams: dict[str, np.ndarray] = {}

    def run(name: str) -> None:
        method = names[name]
        grams[name] = float64_pass(images) if method is None else _gram(images, method)

    seconds = race({name: lambda name=name: run(name) for name in names}, rounds)
    work = len(images) * images[0].size ** 2
    return [
        {
            "contender": name,
            "s": median(seconds[name]),
            "ratio": ratio(seconds, "float64, numpy", name),
            "exact": bool(np.array_equal(grams[name], grams["float64, numpy"])),
            "10^9 operations/s (half of 2 n d^2)": work / median(seconds[name]) / 1e9,
            "full product on this machine": RATES[method or "float64"](),
        }
        for name, method in names.items()
    ]


def _gram(images: np.ndarray, method: str) -> np.ndarray:
    return pixel_moments(images, "rgb", method=method).gram


def _kernels() -> list[dict]:
    """What the choice was made from: one tile, by every kernel that is not clearly slower."""
    choice = next(c for c in reversed(made()) if c["question"] == "gram")
    slow = choice["seconds"].get("float64")
    return [
        {"kernel": name, "ms": 1e3 * value, "ratio to float64": slow / value if slow else "-"}
        for name, value in choice["seconds"].items()
    ] + [{"kernel": name, "ms": reason} for name, reason in choice["failed"].items()]


def _memory(path: Path) -> list[dict]:
    """Mapped pages of the images count towards the peak, though the system may drop them."""
    baseline = """
import numpy, torch
from benchmarks.moments import float64_pass
from spatial_mae.linear.moments import pixel_moments
"""
    load = f"images = numpy.load({str(path)!r}, mmap_mode='r')\n"
    codes = {
        "float64, numpy": "float64_pass(images)",
        "float32": "pixel_moments(images, 'rgb', method='float32')",
        "chosen here": "pixel_moments(images, 'rgb')",
    }
    return [
        {"contender": name, "GB over the imports": peak_memory(load + code, baseline) / 1e9}
        for name, code in codes.items()
    ] + [{"contender": "(the images' file)", "GB over the imports": path.stat().st_size / 1e9}]
