"""The correlation lengths that a page compares with are those of real images."""

import numpy as np
import pytest

from spatial_mae.advise.looking import REFERENCES, correlation_length


@pytest.mark.parametrize(
    ("file", "name"),
    [("digits.npz", "handwritten digits"), ("cifar10-lossless-subset.npz", "CIFAR-10")],
)
def test_references_are_measured(shared_data, file, name):
    with np.load(shared_data / file, allow_pickle=False) as arrays:
        images = arrays["train_images"][:2000]
    images = images if images.ndim == 4 else images[..., None]
    assert correlation_length(images) == pytest.approx(REFERENCES[name], abs=0.1)
