"""Masks of patches: drawn, listed, and how probable each is. True = hidden."""

import numpy as np

from spatial_mae.masks.laws import LAWS, check_mask_ratio


def sample_masks(
    rng: np.random.Generator,
    n_masks: int,
    n_patches: int,
    mask_ratio: float,
    sampling: str = "bernoulli",
) -> np.ndarray:
    """Draw masks: bool of shape (n_masks, n_patches), True = hidden.

    "bernoulli" hides each patch with probability `mask_ratio`; "exact" hides
    round(mask_ratio * n_patches) patches, each set of that size equally likely.

    Raises ValueError for a mask ratio outside [0, 1) or an unknown sampling law.
    """
    check_mask_ratio(mask_ratio)
    if sampling not in LAWS:
        raise ValueError(f"sampling {sampling!r} is unknown; use one of {', '.join(LAWS)}")
    draws = rng.random((n_masks, n_patches))
    if sampling == "bernoulli":
        return draws < mask_ratio
    ranks = draws.argsort(axis=1).argsort(axis=1)
    return ranks < round(mask_ratio * n_patches)


def enumerate_masks(n_patches: int) -> np.ndarray:
    """All masks of `n_patches` patches: bool of shape (2^n_patches, n_patches).

    Raises ValueError beyond 20 patches, a million masks.
    """
    if not 1 <= n_patches <= 20:
        raise ValueError(f"{n_patches} patches have 2^{n_patches} masks; enumerate 1 to 20 patches")
    numbers = np.arange(2**n_patches)
    return (numbers[:, None] >> np.arange(n_patches)) & 1 == 1


def mask_probabilities(masks: np.ndarray, mask_ratio: float) -> np.ndarray:
    """Probability of each mask (n_masks, n_patches) when patches are hidden independently."""
    check_mask_ratio(mask_ratio)
    hidden = masks.sum(axis=1)
    return mask_ratio**hidden * (1.0 - mask_ratio) ** (masks.shape[1] - hidden)
