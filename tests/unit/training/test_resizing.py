"""Against Pillow, pixel row by pixel row."""

import numpy as np
import pytest
import torch
from PIL import Image

from spatial_mae.training.resizing import crop_taps, dense, resize_matrices


def all_crops(length):
    crops = [(a, size) for size in range(1, length + 1) for a in range(length - size + 1)]
    return torch.tensor(crops).unbind(1)


def pillow(line, start, size, out_length):
    """Cut and resize one line of float pixels."""
    cut = Image.fromarray(line[None, start : start + size])
    return np.asarray(cut.resize((out_length, 1), Image.Resampling.BILINEAR))[0]


@pytest.mark.parametrize(("length", "out_length"), [(9, 9), (9, 4), (8, 3), (5, 16), (1, 3)])
def test_matrices_do_what_pillow_does(length, out_length):
    line = np.random.default_rng(0).random(length, dtype=np.float32)
    starts, sizes = all_crops(length)
    matrices = resize_matrices(starts, sizes, length, out_length)
    assert torch.allclose(matrices.sum(-1), torch.ones(len(starts), out_length).double())
    for matrix, start, size in zip(matrices.numpy(), starts.tolist(), sizes.tolist(), strict=True):
        assert np.allclose(matrix @ line, pillow(line, start, size, out_length), atol=1e-6)


@pytest.mark.parametrize(("length", "out_length"), [(9, 9), (9, 4), (8, 3), (5, 16), (1, 3)])
def test_taps_are_the_matrices_without_their_zeros(length, out_length):
    starts, sizes = all_crops(length)
    matrices = resize_matrices(starts, sizes, length, out_length).float()
    pixels, weights = crop_taps(starts, sizes, None, length, out_length)
    assert torch.equal(dense(pixels, weights, length), matrices)
    mirrored = torch.arange(len(starts)) % 2 == 0
    pixels, weights = crop_taps(starts, sizes, mirrored, length, out_length)
    expected = torch.where(mirrored[:, None, None], matrices.flip(1), matrices)
    assert torch.equal(dense(pixels, weights, length), expected)


def test_few_taps_suffice():
    starts, sizes = all_crops(9)
    assert crop_taps(starts, sizes, None, 9, 9)[0].shape == (45, 9, 2)
    assert crop_taps(starts, sizes, None, 9, 4)[0].shape == (45, 4, 5)
