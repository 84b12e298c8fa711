"""Linear centred kernel alignment (CKA) between layers, from an unbiased estimate by minibatch."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

Layers = Sequence[Tensor]


def linear_cka(batches: Iterable[tuple[Layers, Layers]]) -> Tensor:
    """CKA of every layer of one network with every layer of another: float64 (layers, layers).

    batches: for the same images, the features (n, k) of each layer of the one and of the other;
    n >= 4, k may differ between layers. With HSIC the unbiased estimate of Song et al. (2012),
        CKA = sum_b HSIC(K_b, L_b) / sqrt(sum_b HSIC(K_b, K_b) sum_b HSIC(L_b, L_b)),
    K = X X^T, L = Y Y^T, over batches b (Nguyen et al. 2021). It is 1 for features equal up to a
    rotation and an isotropic scale, and 0 on average for independent ones, so that single values
    may be a little below 0. NaN where a layer gives all images the same features.

    Raises ValueError if there is no batch, or one of fewer than 4 images.
    """
    totals = None
    for first, second in batches:
        found = _hsic_sums(first, second)
        totals = (
            found if totals is None else tuple(a + b for a, b in zip(totals, found, strict=True))
        )
    if totals is None:
        raise ValueError("no batch of features to compare: raise n_images or lower batch_size")
    cross, first_own, second_own = totals
    power = first_own.clamp_min(0)[:, None] * second_own.clamp_min(0)[None, :]
    return torch.where(power > 0, cross / power.sqrt(), torch.nan)


def _hsic_sums(first: Layers, second: Layers) -> tuple[Tensor, Tensor, Tensor]:
    """n (n - 3) HSIC between the layers, and of each layer with itself, weighted alike."""
    ours, theirs = centred_kernels(first), centred_kernels(second)
    own = (kernels.square().sum(dim=1) for kernels in (ours, theirs))
    weight = len(first[0]) * (len(first[0]) - 3)
    return tuple(total / weight for total in (ours @ theirs.T, *own))


def centred_kernels(layers: Layers) -> Tensor:
    """U-centred linear kernels, flattened: float64 (layers, n^2).

    A_ij = K_ij - (r_i + r_j) / (n - 2) + s / ((n - 1)(n - 2)) off the diagonal and 0 on it, where K
    has a zero diagonal, row sums r and sum s (Szekely & Rizzo 2014). The inner product of two of
    them is n (n - 3) times the unbiased HSIC.
    """
    n = len(layers[0])
    if n < 4:
        raise ValueError(f"a batch of {n} images: the unbiased estimate needs at least 4")
    features = (layer.double() - layer.double().mean(dim=0) for layer in layers)
    kernels = torch.stack([f @ f.T for f in features])
    kernels.diagonal(dim1=1, dim2=2).zero_()
    rows = kernels.sum(dim=2)
    total = rows.sum(dim=1)[:, None, None]
    kernels -= (rows[:, :, None] + rows[:, None, :]) / (n - 2)
    kernels += total / ((n - 1) * (n - 2))
    kernels.diagonal(dim1=1, dim2=2).zero_()
    return kernels.flatten(1)
