"""What masking adds to a feature that many patches share."""

from spatial_mae.masks.laws import check_mask_ratio


def redundancy_gain(mask_ratio: float, n_patches: int) -> float:
    """Factor 1 / (1 - m + m/P) by which masking multiplies the eigenvalue of a shared feature.

    For x_p = z u in every one of P patches the eigenvalue of S V^-1 S is this times that of S; for
    a feature confined to one patch the factor is 1. n_patches: the number of patches that share it.

    Raises ValueError for a mask ratio outside [0, 1) or fewer than one patch.
    """
    mask_ratio = check_mask_ratio(mask_ratio)
    if n_patches < 1:
        raise ValueError(f"n_patches = {n_patches}: a feature is present in at least one patch")
    return 1.0 / (1.0 - mask_ratio + mask_ratio / n_patches)
