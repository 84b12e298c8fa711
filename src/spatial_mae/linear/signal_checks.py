"""Numbers for the statements about Ising correlations and about masks in the frequency domain."""

import numpy as np

from spatial_mae.linear.image_spectrum import expected_masked_power
from spatial_mae.linear.ising import (
    chain_bonds,
    enumerated_moment,
    ising_chain_moment,
    ising_ring_moment,
)
from spatial_mae.linear.spectrum import (
    expand_masks,
    expected_mask_power,
    power,
    visibility_moments,
)
from spatial_mae.masks.sampling import sample_masks

COUPLINGS = (0.1, 0.5, 1.0, 2.0)
# Bisulco et al. 2025, App. F: 20% of the patches of a CIFAR-sized image, in squares.
SIZE, PATCH_SIZES, HIDDEN = 32, (2, 4, 8, 16), 0.2
SAMPLINGS = ("bernoulli", "exact")
N_SIGNALS = 200


def chain_correlations(n_spins: int) -> tuple[dict[str, float], int]:
    """tanh(J)^|i-j| against all states: exact on the open chain, not on a ring of finite size.

    n counts the states summed.
    """
    open_errors, ring_errors, ring_gaps = [], [], []
    for J in COUPLINGS:
        asymptotic = ising_chain_moment(n_spins, J)
        chain = enumerated_moment(chain_bonds(n_spins), n_spins, J)
        ring = enumerated_moment(chain_bonds(n_spins, closed=True), n_spins, J)
        open_errors.append(np.abs(chain - asymptotic).max())
        ring_gaps.append(np.abs(ring - asymptotic)[0, : n_spins // 2 + 1].max())
        ring_errors.append(np.abs(ring - ising_ring_moment(n_spins, J)).max())
    return {
        "max_error_open_chain": max(open_errors),
        "max_error_ring_formula": max(ring_errors),
        **{f"ring_deviation_J_{J:g}": gap for J, gap in zip(COUPLINGS, ring_gaps, strict=True)},
    }, len(COUPLINGS) * 2**n_spins


def check_grating(rng: np.random.Generator) -> tuple[dict[str, float], int]:
    """The mask's power is zero along the lines where a frequency is a non-zero multiple of N/p.

    `expected` (closed form) and `sampled` (largest of single masks) are relative to the largest
    power off zero frequency. The masked image keeps these frequencies all the same:
    `min_image_ratio_on_lines` is the expected power of masked over unmasked 1/f^2 images there.
    """
    spectrum = inverse_square_spectrum(SIZE)
    autocovariance = np.fft.ifft2(spectrum).real
    closed, sampled, kept, n_lines = [], [], [], []
    for patch_size in PATCH_SIZES:
        multiple = np.arange(SIZE) * patch_size % SIZE == 0
        multiple[0] = False
        lines = multiple[:, None] | multiple
        expected = expected_mask_power(SIZE, patch_size, HIDDEN, 2)
        masks = sample_masks(rng, N_SIGNALS, (SIZE // patch_size) ** 2, HIDDEN)
        single = power(expand_masks(masks, patch_size, 2), 2).max(axis=0)
        off_zero = expected.ravel()[1:].max()
        closed.append(expected[lines].max() / off_zero)
        sampled.append(single[lines].max() / off_zero)
        masked = expected_masked_power(autocovariance, patch_size, HIDDEN)
        kept.append((masked / spectrum)[lines].min())
        n_lines.append(2 * int(multiple.sum()))
    return {
        "max_expected_power_on_lines": max(closed),
        "max_sampled_power_on_lines": max(sampled),
        "min_image_ratio_on_lines": min(kept),
        "min_lines": min(n_lines),
        "max_lines": max(n_lines),
    }, N_SIGNALS * len(PATCH_SIZES)


def check_zeroing(rng: np.random.Generator) -> tuple[dict[str, float], int]:
    """Whether masking removes any frequency: power of masked over unmasked 1/f^2 signals.

    Expected power keeps the share mean^2 + covariance of each frequency, (1 - m)^2 for independent
    patches, and gains what the mask's spectrum spreads from others. `expected`: closed form, least
    over frequencies, patch sizes and both sampling laws; `sampled`: averages over Gaussian images.
    """
    spectrum = inverse_square_spectrum(SIZE)
    autocovariance = np.fft.ifft2(spectrum).real
    images = gaussian_images(rng, N_SIGNALS, spectrum)
    plain = power(images, 2).mean(axis=0)
    expected, kept, sampled = [], [], []
    for patch_size in PATCH_SIZES:
        n_patches = (SIZE // patch_size) ** 2
        for sampling in SAMPLINGS:
            mean, _, covariance = visibility_moments(n_patches, HIDDEN, sampling)
            masked = expected_masked_power(autocovariance, patch_size, HIDDEN, sampling)
            expected.append((masked / spectrum).min())
            kept.append(mean**2 + covariance)
        masks = expand_masks(sample_masks(rng, N_SIGNALS, n_patches, HIDDEN), patch_size, 2)
        sampled.append((power(images * masks, 2).mean(axis=0) / plain).min())
    return {
        "min_expected_ratio": min(expected),
        "min_expected_ratio_over_share_kept": float(np.min(np.divide(expected, kept))),
        "min_sampled_ratio": min(sampled),
        "min_share_kept": min(kept),
    }, N_SIGNALS * len(PATCH_SIZES)


def inverse_square_spectrum(size: int) -> np.ndarray:
    """Power 1/f^2 at each frequency of a (size, size) image, that of natural images; 4 times the
    lowest frequency's power at zero. Scaled to mean 1.
    """
    frequency = np.fft.fftfreq(size)
    square = frequency[:, None] ** 2 + frequency**2
    square[0, 0] = square[0, 1] / 4
    return (1 / square) / np.mean(1 / square)


def gaussian_images(rng: np.random.Generator, n: int, spectrum: np.ndarray) -> np.ndarray:
    """n stationary Gaussian images whose expected power is `spectrum`, float64 (n, size, size)."""
    noise = np.fft.fft2(rng.standard_normal((n, *spectrum.shape)))
    return np.fft.ifft2(noise * np.sqrt(spectrum)).real
