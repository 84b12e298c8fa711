"""The mask ratio: the share of patches that is hidden. Standard library only."""


def check_mask_ratio(mask_ratio: float) -> float:
    """Return the mask ratio as a float; ValueError outside [0, 1)."""
    if not 0.0 <= mask_ratio < 1.0:
        raise ValueError(
            f"mask ratio {mask_ratio} is outside [0, 1): it is the share of patches hidden, "
            "and some patch must stay visible"
        )
    return float(mask_ratio)
