"""The linear MAE without d x d matrices, over the size of images, against two ways with them."""

import time
from collections.abc import Callable

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from benchmarks.timing import peak_memory
from spatial_mae.linear.blocks import block_coordinates
from spatial_mae.linear.matrix_free.operators import sample_moment
from spatial_mae.linear.matrix_free.run import Run
from spatial_mae.linear.matrix_free.samples import PixelSamples, pixel_samples
from spatial_mae.linear.matrix_free.system import System, solve
from spatial_mae.linear.store import RunSettings, solve_run
from spatial_mae.masks.patches import patch_index

N_IMAGES, N_OUTPUTS, MASK_RATIO, PATCH = 341, 32, 0.75, 16
SETTINGS = RunSettings(PATCH, "centred", 1e-3, False)
# Side and channels: d = 1,024 to 150,528.
SIZES = ((32, 1), (32, 3), (64, 1), (96, 1), (128, 1), (224, 1), (224, 3))
QUICK = ((32, 1), (48, 1))
# The largest d at which each way with matrices ends in minutes, and in 5 GB.
MOST_DECOMPOSED, MOST_FACTORED = 4096, 16_384
# Multiplications, in d^3: whitening, all eigenvectors, V^-1 S; the factor of V alone, to which
# those of S are added.
DECOMPOSED_WORK, FACTORED_WORK = 6, 1 / 6
# Over the columns in an iteration: most gather or scatter patches, slower than a sum.
PASSES = 100


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    sizes = QUICK if quick else SIZES
    rates = product_rate(), stream_rate()
    rows = [_row(side, channels, rates, quick) for side, channels in sizes]
    title = f"{N_IMAGES} images, patch {PATCH}, m = {MASK_RATIO}, {N_OUTPUTS} outputs; CPU seconds"
    return [(title, rows)]


def product_rate(outputs: int = N_OUTPUTS) -> float:
    """Multiplications and additions per CPU second of products with as many columns as outputs."""
    a, b = np.ones((N_IMAGES, 2**14)), np.ones((2**14, outputs))
    return 2 * a.size * outputs / _best(lambda: a @ b)


def stream_rate() -> float:
    """Numbers per CPU second that are read twice and written once, larger than caches."""
    a, b = np.ones((2, 2**22))
    return a.size / _best(lambda: np.add(a, b, out=b))


def _best(step: Callable[[], object]) -> float:
    seconds = []
    for _ in range(5):
        start = time.process_time()
        step()
        seconds.append(time.process_time() - start)
    return min(seconds)


def natural_images(side: int, channels: int, n: int = N_IMAGES) -> np.ndarray:
    """Images whose amplitudes fall as 1 / frequency, as those of photographs do."""
    rng = np.random.default_rng(0)
    y, x = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    fall = 1 / np.maximum(np.hypot(y, x), 1 / side)
    images = np.empty((n, side, side, channels), np.uint8)
    for image in images:
        noise = rng.standard_normal((side, side, channels)) + rng.standard_normal((side, side, 1))
        waves = np.fft.rfft2(noise, axes=(0, 1)) * fall[..., None]
        smooth = np.fft.irfft2(waves, (side, side), axes=(0, 1))
        image[:] = np.clip(128 + 45 * smooth / smooth.std(), 0, 255)
    return images


def kept(side: int, channels: int) -> PixelSamples:
    return pixel_samples(natural_images(side, channels), "rgb" if channels == 3 else "luma")


def system_of(samples: PixelSamples) -> System:
    return Run(SETTINGS, samples, 0.0).system


def columns(problem: System) -> tuple[np.ndarray, int]:
    """W of some outputs, and the iterations it took."""
    outputs = np.arange(N_OUTPUTS) * (problem.size // N_OUTPUTS)
    return solve(problem, problem.targets(outputs), np.full(N_OUTPUTS, MASK_RATIO))


def _row(side: int, channels: int, rates: tuple[float, float], quick: bool) -> dict:
    samples, d = kept(side, channels), side * side * channels
    start = time.process_time()
    problem = system_of(samples)
    W, iterations = columns(problem)
    seconds = time.process_time() - start
    row = {"d": d, "iterations": iterations, "s": seconds}
    row |= {"predicted, s": predicted_seconds(d, channels, iterations, *rates)}
    row |= _with_matrices(samples, W, rates[0])
    row |= {"predicted, GB": predicted_bytes(d, channels) / 1e9}
    row |= {"V alone, GB": 8 * d**2 / 1e9}
    return row if quick else row | {"GB over the imports": _memory(side, channels) / 1e9}


def _with_matrices(samples: PixelSamples, W: np.ndarray, products: float) -> dict:
    """Seconds of both ways with matrices, measured and predicted, and how far W is from theirs."""
    d, row, gap = len(W), {}, "-"
    ways = {
        "decomposition": (decomposed, MOST_DECOMPOSED, DECOMPOSED_WORK * d**3),
        "Cholesky": (factored, MOST_FACTORED, FACTORED_WORK * d**3 + N_IMAGES * d**2),
    }
    for name, (way, most, work) in ways.items():
        row |= {f"{name}, s": "-", f"{name}, predicted": 2 * work / products}
        if d <= most:
            start = time.process_time()
            known = way(samples)
            row[f"{name}, s"], gap = time.process_time() - start, _gap(W, known)
    return row | {"largest gap to Cholesky, relative": gap}


def predicted_seconds(
    d: int, channels: int, iterations: int, products: float, streams: float
) -> float:
    """Each iteration: products with the images twice, with D, with D^-1; passes over columns.

    products, streams: operations and numbers a CPU second. Once: D, and its inverse.
    """
    block = PATCH**2 * channels
    each = 2 * N_IMAGES * d * N_OUTPUTS + 2 * block * d * N_OUTPUTS
    once = N_IMAGES * block * d + 2 * block**2 * d
    passes = PASSES * d * N_OUTPUTS * iterations + 2 * N_IMAGES * d
    return 2 * (iterations * each + once) / products + passes / streams


def predicted_bytes(d: int, channels: int) -> float:
    """Images as bytes and, while they are few, as float64; D three times; ten columns an output."""
    floats = 8 if 8 * N_IMAGES * d <= 2**29 else 0
    return d * (N_IMAGES * (1 + floats) + 3 * 8 * PATCH**2 * channels + 10 * 8 * N_OUTPUTS)


def decomposed(samples: PixelSamples) -> np.ndarray:
    """The same columns of W from the closed form, which then serves every mask ratio."""
    return solve_run(samples.moments(), SETTINGS).whitening(MASK_RATIO)[:, _outputs(samples)]


def factored(samples: PixelSamples) -> np.ndarray:
    """The same columns of W from a Cholesky factor of V, which serves one mask ratio."""
    moment = sample_moment(samples, SETTINGS.centring, SETTINGS.flip)
    X = np.vstack(list(moment.images())) / np.sqrt(samples.n)
    index = patch_index(*samples.shape[:2], PATCH, samples.channels)
    ridge = SETTINGS.ridge * (X**2).sum() / X.shape[1]
    V = X.T @ ((1 - MASK_RATIO) * X)
    for patch in block_coordinates(index):
        V[np.ix_(patch, patch)] /= 1 - MASK_RATIO
    V[np.diag_indices_from(V)] += ridge
    outputs = _outputs(samples)
    targets = X.T @ X[:, outputs]
    targets[outputs, np.arange(N_OUTPUTS)] += ridge
    return cho_solve(cho_factor(V.T, overwrite_a=True, check_finite=False), targets)


def _outputs(samples: PixelSamples) -> np.ndarray:
    d = samples.rows.shape[1]
    return np.arange(N_OUTPUTS) * (d // N_OUTPUTS)


def _gap(found: np.ndarray, known: np.ndarray) -> float:
    gaps = np.linalg.norm(found - known, axis=0) / np.linalg.norm(known, axis=0)
    return float(gaps.max())


def _memory(side: int, channels: int) -> int:
    baseline = f"""
from benchmarks.matrix_free import columns, kept, system_of
samples = kept({side}, {channels})
"""
    return peak_memory("columns(system_of(samples))", baseline)
