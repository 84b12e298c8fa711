import numpy as np
import pytest

from spatial_mae.masks.patches import mirror_index, patch_index, pixel_coordinates, same_patch


def test_patches_are_squares_shared_by_the_channels():
    index = patch_index(4, 6, 2, channels=3).reshape(4, 6, 3)
    assert (index == index[:, :, :1]).all()
    expected = [[0, 0, 1, 1, 2, 2]] * 2 + [[3, 3, 4, 4, 5, 5]] * 2
    assert np.array_equal(index[..., 0], expected)
    assert index.dtype == np.int64


@pytest.mark.parametrize(("height", "width"), [(1, 12), (12, 1)])
def test_a_signal_has_runs_for_patches(height, width):
    assert np.array_equal(patch_index(height, width, 4), np.repeat([0, 1, 2], 4))


@pytest.mark.parametrize("patch_size", [0, -2, 3, 16])
def test_a_patch_size_that_does_not_divide_names_those_that_do(patch_size):
    with pytest.raises(
        ValueError, match=rf"patch size {patch_size} .* 8 x 8 image; use one of 1, 2"
    ):
        patch_index(8, 8, patch_size)


def test_both_sides_must_be_divided():
    with pytest.raises(ValueError, match="8 x 6 image; use one of 1, 2$"):
        patch_index(8, 6, 4)


def test_coordinates_follow_the_flattening():
    image = np.arange(2 * 3 * 2).reshape(2, 3, 2)
    places = pixel_coordinates(2, 3, 2)
    for flat, (row, column) in enumerate(places):
        assert image.ravel()[flat] in image[row, column]


def test_same_patch_is_the_block_pattern():
    assert same_patch(np.array([0, 0, 1])).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, True],
    ]


def test_mirror_flips_a_flattened_image():
    image = np.random.default_rng(0).integers(0, 255, (4, 5, 3))
    assert np.array_equal(image.ravel()[mirror_index(4, 5, 3)], image[:, ::-1].ravel())
