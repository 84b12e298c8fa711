"""The closed-form linear model on a user's images: what it leaves unexplained at each setting."""

from collections.abc import Mapping, Sequence

import numpy as np

from spatial_mae.advise.ranking import Setting
from spatial_mae.data.held_out import hold_out
from spatial_mae.data.store import Dataset
from spatial_mae.linear.held_out import masked_loss
from spatial_mae.linear.hidden import hidden_influence
from spatial_mae.linear.moments import PixelMoments, pixel_moments
from spatial_mae.linear.normalisation import normalisation
from spatial_mae.masks.patches import patch_index

MOST_PIXELS = 4096  # an image of 64 x 64; above, S takes minutes
MOST_IMAGES = {"train": 8000, "test": 2000}  # that it is solved from, and judged on
RIDGES = (0.001, 0.01, 0.1, 1.0)  # times the mean variance; own images are often few


def linear_errors(
    dataset: Dataset,
    masks: Mapping[int, Sequence[float]],
    common: float,
    held_out: float,
    seed: int,
) -> dict[Setting, float]:
    """(patch, mask) -> share of a hidden patch's variance that the closed form does not predict.

    It is solved from luma of the training images and judged on those held out, which it has not
    seen. masks: the ratios of each patch size. Of a few ridges each patch size has the one that is
    best at the ratio `common`. Empty for images above 4,096 pixels, and for images all alike.
    """
    if dataset.manifest["height"] * dataset.manifest["width"] > MOST_PIXELS:
        return {}
    parts = hold_out(dataset, held_out)
    fitted, held = (_moments(parts, split, seed) for split in ("train", "test"))
    S = normalisation(fitted, "centred", flip=False).moment(held, flip=False)
    if 0 in (np.trace(S), np.trace(fitted.matrix("centred"))):
        return {}
    found = {}
    for patch, ratios in masks.items():
        index = patch_index(fitted.height, fitted.width, patch, 1)
        at_common = {ridge: _error(fitted, S, index, common, ridge) for ridge in RIDGES}
        ridge = min(at_common, key=at_common.get)
        known = {common: at_common[ridge]}
        for mask in ratios:
            if mask not in known:
                known[mask] = _error(fitted, S, index, mask, ridge)
            found[patch, mask] = known[mask]
    return found


def _moments(parts: Dataset, split: str, seed: int) -> PixelMoments:
    """Of at most so many luma images of a split, drawn at random."""
    file, rows = parts.rows(split)
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[: MOST_IMAGES[split]])
    return pixel_moments(np.asarray(parts.images(file)[rows]), "luma")


def _error(
    fitted: PixelMoments, S: np.ndarray, index: np.ndarray, mask: float, ridge: float
) -> float:
    """The masked loss on hidden patches of images with second moments S, as a share of tr S.

    Inside patches this W is zero: the loss on all patches is then that on hidden ones.
    """
    W = hidden_influence(fitted.matrix("centred", ridge), index, mask, "bernoulli")
    return masked_loss(S, W, index, mask) / float(np.trace(S))
