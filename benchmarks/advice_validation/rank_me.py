"""RankMe (Garrido et al. 2023, arXiv:2210.02885): the effective rank of a network's features."""

from pathlib import Path

import numpy as np

EPSILON = 1e-7  # the paper's, for 32-bit numbers


def rank_me(features: np.ndarray) -> float:
    """exp of the entropy of the normalised singular values; features (n, width). In [1, width]."""
    values = np.linalg.svd(features.astype(np.float64), compute_uv=False)
    shares = values / values.sum() + EPSILON
    return float(np.exp(-(shares * np.log(shares)).sum()))


def rank_of(weights: Path, manifest: Path, held_out: float, n_images: int) -> float:
    """Of the mean token of training images, those that the network was trained on."""
    from spatial_mae.data.held_out import hold_out
    from spatial_mae.data.store import open_dataset
    from spatial_mae.evaluation.features import features, freeze
    from spatial_mae.models.weights import load_encoder
    from spatial_mae.training.loader import load_images

    encoder, _ = load_encoder(weights)
    freeze(encoder)
    dataset = hold_out(open_dataset(manifest), held_out)
    n = min(n_images, dataset.count("train"))
    found = features(encoder, load_images(dataset, "train", n), ("mean",))
    return rank_me(found["mean", None].numpy())
