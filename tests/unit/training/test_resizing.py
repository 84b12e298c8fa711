"""Against Pillow, pixel row by pixel row."""

import numpy as np
import pytest
import torch
from PIL import Image

from spatial_mae.training import resizing
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


def whole_table(length, out_length):
    """The taps of all sizes from one array of matrices, and the same mirrored."""
    sizes = torch.arange(1, length + 1)
    matrices = resize_matrices(torch.zeros_like(sizes), sizes, length, out_length)
    taps = torch.arange(int(np.ceil(2 * max(1, length / out_length))))
    pixels = (matrices > 0).int().argmax(2, keepdim=True) + taps
    weights = matrices.gather(2, pixels.clamp(max=length - 1)) * (pixels < length)
    return [torch.cat([found, found.flip(1)]) for found in (pixels, weights.float())]


@pytest.mark.parametrize(("length", "out_length"), [(9, 9), (9, 4), (5, 16), (1, 3), (64, 40)])
@pytest.mark.parametrize("n_sizes", [None, 7, 1])
def test_a_table_filled_in_parts_is_the_whole_one(length, out_length, n_sizes, monkeypatch):
    asked, plain = [], resizing.resize_matrices

    def noted(starts, *rest):
        asked.append(len(starts))
        return plain(starts, *rest)

    monkeypatch.setattr(resizing, "resize_matrices", noted)
    if n_sizes:
        monkeypatch.setattr(resizing, "AT_ONCE", n_sizes * length * out_length)
    found = resizing._table.__wrapped__(length, out_length, torch.device("cpu"))
    assert all(map(torch.equal, found, whole_table(length, out_length)))
    assert sum(asked) == length and max(asked) == min(n_sizes or length, length)
