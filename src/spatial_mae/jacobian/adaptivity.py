"""How much the kernel of an output pixel differs between images."""

from collections.abc import Iterable

import torch
from torch import Tensor

from spatial_mae.jacobian.jacobian import Jacobian


def adaptivity(jacobians: Iterable[Jacobian]) -> Tensor:
    """1 - mean cosine similarity between the kernels that an output pixel has in two images.

    One Jacobian an image, all under the same mask, of the same output pixels. A kernel is all
    signed derivatives of an output pixel, of all its channels by all visible values, as one vector;
    the mean is over all pairs of different images. 0: the kernels are equal up to their size, as
    those of a linear model are; 1: orthogonal on average; up to n / (n - 1) for n images.

    float64 (outputs,); NaN where an image has a kernel of zeros. Jacobians are read one at a time.
    Raises ValueError for fewer than two, or another mask or other output pixels.
    """
    first: Jacobian | None = None
    n, total = 0, torch.zeros(())
    for found in jacobians:
        first = first or found
        _check(first, found)
        kernels = found.values.double().flatten(1)
        # The mean over pairs of u_s . u_t is (|sum u|^2 - n) / (n (n - 1)) for unit vectors.
        total = total.to(kernels) + kernels / kernels.norm(dim=1, keepdim=True)
        n += 1
    if n < 2:
        raise ValueError(f"{n} Jacobian(s) show no difference between images; give two or more")
    similarity = (total.square().sum(dim=1) - n) / (n * (n - 1))
    return 1 - similarity


def _check(first: Jacobian, found: Jacobian) -> None:
    if not torch.equal(first.hidden, found.hidden):
        raise ValueError(
            "adaptivity compares images under one mask, but these Jacobians have several; "
            "differences between masks would count as adaptation to the image"
        )
    if not torch.equal(first.outputs, found.outputs):
        raise ValueError("these Jacobians are of different output pixels; compare the same ones")
