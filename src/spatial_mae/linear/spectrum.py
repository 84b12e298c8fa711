"""Power spectra of masks and of masked images (Bisulco et al. 2025, App. F, Eqs. 15-21, Fig. 22).

The mask here is the factor r that multiplies the image: 1 visible, 0 hidden. The hidden indicator
1 - r has the same power at every frequency but zero. With F(k) = sum_n r(n) exp(-2 pi i k n / N)
over the N pixels of a side, the power is |F(k)|^2 / N^dimensions, whose mean over the frequencies
is the mean square of the signal. No window is applied and no mean removed: the DFT takes the signal
as periodic. Frequencies are in cycles per pixel, in `numpy.fft.fftfreq` order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spatial_mae.files import Row
from spatial_mae.masks.laws import check_mask_ratio
from spatial_mae.masks.sampling import sample_masks
from spatial_mae.study.keys import Share, Two


@dataclass(frozen=True, kw_only=True)
class SpectrumRecipe:
    """Power spectrum of masks: closed form and average."""

    size: Two = 32
    """Pixels along an axis."""
    mask_ratio: Share
    """Probability that a patch is hidden. [Bisulco 0.2, App. F]"""
    n_masks: Two = 4000
    """Masks drawn for the average that checks the closed form."""


def pulse_power(size: int, patch_size: int) -> np.ndarray:
    """|DFT of one patch|^2 = (sin(pi k p / N) / sin(pi k / N))^2, the Dirichlet kernel (Eq. 20).

    Exactly zero at the non-zero multiples of N/p. Returns an ndarray of shape (size,).
    Raises ValueError if the patch size does not divide the size.
    """
    _check_division(size, patch_size)
    k = np.arange(1, size)
    kernel = (np.sin(np.pi * k * patch_size / size) / np.sin(np.pi * k / size)) ** 2
    kernel[k * patch_size % size == 0] = 0.0
    return np.r_[float(patch_size) ** 2, kernel]


def visibility_moments(
    n_patches: int, mask_ratio: float, sampling: str = "bernoulli"
) -> tuple[float, float, float]:
    """(mean, variance, covariance of two patches) of the visible indicator.

    `bernoulli`: 1 - m, m(1 - m), 0. `exact` (round(m P) of P patches hidden): the same with
    m = round(m P)/P, and the covariance -m(1 - m)/(P - 1), since the count is fixed.
    """
    check_mask_ratio(mask_ratio)
    if sampling == "bernoulli":
        return 1 - mask_ratio, mask_ratio * (1 - mask_ratio), 0.0
    if sampling != "exact":
        raise ValueError(f"sampling {sampling!r}: choose bernoulli or exact")
    hidden = round(mask_ratio * n_patches) / n_patches
    variance = hidden * (1 - hidden)
    return 1 - hidden, variance, -variance / (n_patches - 1) if n_patches > 1 else 0.0


def expected_mask_power(
    size: int, patch_size: int, mask_ratio: float, dimensions: int = 1, sampling: str = "bernoulli"
) -> np.ndarray:
    """E |F(k)|^2 / N^dimensions over masks, in closed form (from Eqs. 19-21).

    |F|^2 is the Dirichlet kernel of a patch times |sum_q r_q exp(-i theta_q)|^2 over the P patches,
    which has the expectation
        P (variance - covariance) + (mean^2 + covariance) |sum_q exp(-i theta_q)|^2.
    The last sum is P at the multiples of N/p, where the kernel is zero except for k = 0, and else
    0.

    Parameters: size, pixels of a side; dimensions, 1 or 2; sampling, `bernoulli` or `exact`.
    Returns an ndarray of shape (size,) or (size, size) [frequency y, frequency x].
    Raises ValueError for a patch size that does not divide, m outside [0, 1), unknown names.
    """
    kernel = over_axes(pulse_power(size, patch_size), dimensions)
    n_patches = (size // patch_size) ** dimensions
    mean, variance, covariance = visibility_moments(n_patches, mask_ratio, sampling)
    power = kernel * n_patches * (variance - covariance)
    power.flat[0] += kernel.flat[0] * n_patches**2 * (mean**2 + covariance)
    return power / size**dimensions


def over_axes(profile: np.ndarray, dimensions: int) -> np.ndarray:
    """The product of a 1-D profile over one or two axes."""
    if dimensions not in (1, 2):
        raise ValueError(f"dimensions {dimensions}: choose 1 or 2")
    return profile.copy() if dimensions == 1 else np.outer(profile, profile)


def expand_masks(masks: ArrayLike, patch_size: int, dimensions: int) -> np.ndarray:
    """Hidden patches, bool (n, P), to visible pixels, float64 (n, size) or (n, size, size)."""
    masks = np.asarray(masks)
    side = masks.shape[1] if dimensions == 1 else round(masks.shape[1] ** 0.5)
    visible = 1.0 - masks.reshape(len(masks), *[side] * dimensions)
    for axis in range(1, dimensions + 1):
        visible = np.repeat(visible, patch_size, axis=axis)
    return visible


def power(signals: ArrayLike, dimensions: int) -> np.ndarray:
    """|DFT|^2 over the last `dimensions` axes, divided by the number of pixels."""
    signals = np.asarray(signals, dtype=float)
    axes = tuple(range(-dimensions, 0))
    n_pixels = np.prod(signals.shape[-dimensions:])
    return np.abs(np.fft.fftn(signals, axes=axes)) ** 2 / n_pixels


def averaged_mask_power(
    rng: np.random.Generator,
    n_masks: int,
    size: int,
    patch_size: int,
    mask_ratio: float,
    dimensions: int = 1,
    sampling: str = "bernoulli",
) -> tuple[np.ndarray, np.ndarray]:
    """Mean power of `n_masks` sampled masks and its standard error, shaped as the closed form."""
    if n_masks < 2:
        raise ValueError(f"n_masks {n_masks}: a standard error needs at least 2")
    _check_division(size, patch_size)
    n_patches = (size // patch_size) ** dimensions
    masks = sample_masks(rng, n_masks, n_patches, mask_ratio, sampling)
    powers = power(expand_masks(masks, patch_size, dimensions), dimensions)
    return powers.mean(axis=0), powers.std(axis=0, ddof=1) / np.sqrt(n_masks)


def frequency_rows(columns: dict[str, np.ndarray]) -> list[Row]:
    """Long table of spectra of equal shape (N,) or (N, N), lowest frequency first.

    `frequency_x`, `frequency_y` in cycles per pixel; `frequency_y` is 0 in one dimension.
    """
    shifted = {name: np.fft.fftshift(values) for name, values in columns.items()}
    shape = next(iter(shifted.values())).shape
    frequencies = np.fft.fftshift(np.fft.fftfreq(shape[-1]))
    rows = []
    for place in np.ndindex(*shape):
        y = float(frequencies[place[0]]) if len(place) == 2 else 0.0
        start = {"frequency_x": float(frequencies[place[-1]]), "frequency_y": y}
        rows.append(start | {name: float(values[place]) for name, values in shifted.items()})
    return rows


def spectrum_rows(
    recipe: SpectrumRecipe,
    dimensions: int,
    patch_size: int,
    sampling: str,
    rng: np.random.Generator,
) -> list[Row]:
    """Closed form and average of the mask's power at each frequency."""
    setting = (recipe.size, patch_size, recipe.mask_ratio, dimensions, sampling)
    expected = expected_mask_power(*setting)
    averaged, error = averaged_mask_power(rng, recipe.n_masks, *setting)
    rows = frequency_rows({"expected": expected, "averaged": averaged, "standard_error": error})
    drawn = {"mask_ratio": recipe.mask_ratio, "n_masks": recipe.n_masks}
    return [row | drawn for row in rows]


def _check_division(size: int, patch_size: int) -> None:
    if patch_size < 1 or size % patch_size:
        raise ValueError(f"patch size {patch_size} does not divide {size}; choose a divisor")
