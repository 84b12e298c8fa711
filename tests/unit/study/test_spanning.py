"""The fewest images that moments need, against the rank of moments."""

import numpy as np
import pytest

from spatial_mae.linear.moments import pixel_moments
from spatial_mae.masks.patches import patch_index
from spatial_mae.study.spanning import images_needed


def singular(n: int, size: tuple[int, int, int], centring: str, flip: bool, patch: int) -> bool:
    """Whether the moments of n random images are, inside one of the patches."""
    images = np.random.default_rng(0).integers(0, 256, (n, *size), dtype=np.uint8)
    S = pixel_moments(images, "rgb" if size[2] == 3 else "luma").matrix(centring, flip=flip)
    index = patch_index(*size[:2], patch, size[2])
    blocks = [S[np.ix_(index == number, index == number)] for number in np.unique(index)]
    return any(np.linalg.matrix_rank(block) < len(block) for block in blocks)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("centring", ["raw", "centred"])
@pytest.mark.parametrize(
    ("size", "patch"),
    [
        *(((5, 5, 1), 5), ((4, 4, 1), 4), ((3, 3, 3), 3)),  # the image, of odd and even width
        *(((1, 9, 1), 9), ((8, 1, 1), 8)),  # a row and a column of pixels
        *(((3, 9, 1), 3), ((3, 6, 1), 3), ((4, 12, 1), 4), ((2, 6, 3), 2)),  # patches
    ],
)
def test_one_image_less_than_needed_leaves_moments_singular(size, patch, centring, flip):
    shape = (min(patch, size[0]), min(patch, size[1]), size[2])
    middle = size[1] // shape[1] % 2 == 1
    needed = images_needed(shape, centring == "centred", flip, middle)
    assert singular(needed - 1, size, centring, flip, patch)
    assert not singular(needed, size, centring, flip, patch)
