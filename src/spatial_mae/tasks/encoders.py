"""The encoders that a task compares: the AE, and the MAE at each mask ratio, of one solved run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.linear.solution import solve_ae
from spatial_mae.linear.store import LinearRun, RunSettings, read_run
from spatial_mae.masks.sampling import sample_masks

ROUNDING = 1e-15
"""Share of the images' power that rounding leaves to a direction in which they have none."""

CHUNK = 1024
"""Images masked at a time, so that masked copies of all images never exist at once."""


@dataclass(frozen=True)
class Encoder:
    """model: "ae" or "mae"; mask_ratio: 0 for the AE; matrix: A (d, k), columns by eigenvalue.

    With C = I the first columns are the encoder with fewer latents (Bisulco et al. 2025, Thm. 1).
    Columns of the AE are 0 beyond the rank of the training images: only the ridge has power there.
    """

    model: str
    mask_ratio: float
    matrix: np.ndarray


def encoders(run: LinearRun, mask_ratios: Sequence[float], n_latents: int) -> list[Encoder]:
    """The AE, then the MAE (Bernoulli masks) at each positive mask ratio, with `n_latents` columns.

    Raises ValueError if n_latents exceeds d or a mask ratio is outside [0, 1).
    """
    check_n_latents((n_latents,), len(run.decomposition.patch_index))
    solve = run.decomposition.solve
    positive = [m for m in dict.fromkeys(mask_ratios) if m != 0]
    found = [Encoder("mae", m, solve(m, n_latents).encoder) for m in positive]
    return [Encoder("ae", 0.0, _autoencoder(run, n_latents)), *found]


def _autoencoder(run: LinearRun, n_latents: int) -> np.ndarray:
    matrix = solve_ae(run.S, n_latents).encoder
    S = run.moments.matrix(run.settings.centring, flip=run.settings.flip)
    powerless = np.einsum("dk,dk->k", matrix, S @ matrix) <= ROUNDING * np.trace(S)
    return np.where(powerless, 0.0, matrix) if powerless.any() else matrix


def encode(
    encoder: Encoder,
    pixels: np.ndarray,
    patch_index: np.ndarray,
    n_masks: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Features (n, r, k) of rows of pixels (n, d): r = n_masks views, each under its own mask.

    With n_masks = 0, or for the AE, which masks nothing, there is one view: the whole image. Hidden
    patches are zero, which with centred pixels is the mean image.
    """
    if n_masks == 0 or encoder.mask_ratio == 0:
        return (pixels @ encoder.matrix)[:, None]
    features = np.empty((len(pixels), n_masks, encoder.matrix.shape[1]))
    for start in range(0, len(pixels), CHUNK):
        some = pixels[start : start + CHUNK]
        for view in range(n_masks):
            masks = sample_masks(rng, len(some), patch_index.max() + 1, encoder.mask_ratio)
            visible = np.where(masks[:, patch_index], 0.0, some)
            features[start : start + CHUNK, view] = visible @ encoder.matrix
    return features


def open_run(
    moments: str | Path, solution: str | Path, settings: RunSettings, colour: str | None = None
) -> LinearRun:
    """Read a solved run; ValueError unless solved with `settings`, from images in `colour`."""
    run = read_run(moments, solution)
    if run.settings != settings:
        raise ValueError(f"{solution} has {run.settings}, not {settings}: solve it with the latter")
    if colour not in (None, run.moments.colour):
        raise ValueError(f"{moments} holds {run.moments.colour} images, not {colour}")
    return run


def check_n_latents(n_latents: Sequence[int], limit: int | None = None) -> None:
    """ValueError unless there are numbers of latents, each from 1 to `limit`."""
    wrong = [k for k in n_latents if k < 1 or (limit is not None and k > limit)]
    if wrong or not n_latents:
        raise ValueError(
            f"n_latents {wrong or 'empty'}: expected numbers from 1 to {limit or 'the dimension d'}"
        )
