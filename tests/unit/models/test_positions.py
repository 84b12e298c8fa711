import math

import pytest
import torch

from spatial_mae.models.positions import sin_cos_positions


def test_each_number_by_its_formula():
    rows, columns, width = 3, 5, 12
    positions = sin_cos_positions(rows, columns, width)
    assert positions.shape == (15, 12) and positions.dtype == torch.float32
    for patch in range(15):
        row, column = divmod(patch, columns)
        for axis, coordinate in enumerate((column, row)):
            for i in range(3):
                angle = coordinate / 10000 ** (2 * i / 6)
                at = 6 * axis + i
                assert positions[patch, at].item() == pytest.approx(math.sin(angle), abs=1e-6)
                assert positions[patch, at + 3].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_widths_that_four_does_not_divide_are_refused():
    with pytest.raises(ValueError, match="width 30 is not a multiple of 4"):
        sin_cos_positions(2, 2, 30)
