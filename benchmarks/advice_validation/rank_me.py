"""RankMe (Garrido et al. 2023, arXiv:2210.02885): the effective rank of a network's features."""

import numpy as np

EPSILON = 1e-7  # the paper's, for 32-bit numbers


def rank_me(features: np.ndarray) -> float:
    """exp of the entropy of the normalised singular values; features (n, width). In [1, width]."""
    values = np.linalg.svd(features.astype(np.float64), compute_uv=False)
    shares = values / values.sum() + EPSILON
    return float(np.exp(-(shares * np.log(shares)).sum()))
