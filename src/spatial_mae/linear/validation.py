"""Checks of what the closed forms are given; each names the value and how to fix it."""

import numpy as np

SYMMETRY_TOLERANCE = 1e-10


def check_moment(S: np.ndarray) -> np.ndarray:
    """Return S as float64; ValueError unless it is a finite symmetric matrix."""
    S = np.asarray(S, dtype=np.float64)
    if S.ndim != 2 or S.shape[0] != S.shape[1] or not S.size:
        raise ValueError(
            f"S has shape {S.shape}; expected a square matrix of second moments (d, d)"
        )
    if not np.isfinite(S).all():
        raise ValueError(f"S has {np.count_nonzero(~np.isfinite(S))} entries that are not finite")
    gap = np.abs(S - S.T).max()
    if gap > SYMMETRY_TOLERANCE * np.abs(S).max():
        raise ValueError(
            f"S is not symmetric: entries differ from their transposes by up to {gap:.3g}; "
            "pass second moments X^T X, or (S + S.T) / 2"
        )
    return S


def check_n_latents(n_latents: int, n_coordinates: int) -> int:
    if not 1 <= n_latents <= n_coordinates:
        raise ValueError(
            f"n_latents = {n_latents} is outside 1 to {n_coordinates}, the number of coordinates"
        )
    return int(n_latents)


def check_patch_index(index: np.ndarray, n_coordinates: int) -> np.ndarray:
    index = np.asarray(index)
    if index.shape != (n_coordinates,):
        raise ValueError(
            f"patch_index has shape {index.shape} but S has {n_coordinates} coordinates; "
            "both must come from images of the same height, width and channels"
        )
    return index


def check_ridge(S: np.ndarray, ridge: float) -> np.ndarray:
    """S + ridge I; ValueError if the ridge is negative or not finite."""
    if not (np.isfinite(ridge) and ridge >= 0):
        raise ValueError(f"ridge = {ridge} must be a finite number, 0 or more, in the units of S")
    return S + ridge * np.eye(len(S)) if ridge else S


def singular_message(smallest: float, largest: float, n_coordinates: int) -> str:
    return (
        f"D, the part of S inside patches, is singular: its eigenvalues in one patch run from "
        f"{smallest:.3g} to {largest:.3g} (d = {n_coordinates} coordinates). Constant pixels or "
        "fewer images than coordinates cause this: add a ridge, or use more images"
    )
