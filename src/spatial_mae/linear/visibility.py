"""How a law of masks enters the closed forms: by two chances of seeing a coordinate."""

from dataclasses import dataclass

import numpy as np

from spatial_mae.masks.laws import check_mask_ratio


@dataclass(frozen=True)
class Visibility:
    """The expected loss is tr S - 2 v tr(S W) + v tr(W^T V W), V = (1 - e) S + e D.

    visible: v, the chance that a coordinate is visible. effective: e, the chance that a coordinate
    is hidden given that one of another patch is visible.
    """

    visible: float
    effective: float


def visibility(mask_ratio: float, n_patches: int, sampling: str = "bernoulli") -> Visibility:
    """Of patches hidden independently, or exactly `mask_ratio * n_patches` of them at a time.

    With M of P patches hidden, v = 1 - M/P and e = M / (P - 1). Raises ValueError for a mask ratio
    outside [0, 1), a count that is not whole, or another sampling law.
    """
    mask_ratio = check_mask_ratio(mask_ratio)
    if sampling == "bernoulli" or (sampling == "exact" and mask_ratio == 0):
        return Visibility(1.0 - mask_ratio, mask_ratio)
    if sampling != "exact":
        raise ValueError(f"sampling {sampling!r} has no such closed form; use bernoulli or exact")
    if not is_whole(mask_ratio, n_patches):
        nearest = round(mask_ratio * n_patches) / n_patches
        raise ValueError(
            f"mask ratio {mask_ratio} does not hide a whole number of {n_patches} patches; "
            f"the nearest that does is {nearest:.6g}"
        )
    n_hidden = round(mask_ratio * n_patches)
    return Visibility(1.0 - n_hidden / n_patches, n_hidden / (n_patches - 1))


def is_whole(mask_ratio: float, n_patches: int) -> bool:
    """Whether `mask_ratio` of `n_patches` patches is a whole number of patches."""
    count = mask_ratio * n_patches
    return bool(np.isclose(count, round(count), rtol=0, atol=1e-6 * n_patches))
