"""Features of four strides from encoders of any patch size."""

import pytest
import torch

from spatial_mae.detection.backbone import (
    PyramidBackbone,
    positions_of,
    quarter_ends,
    quarter_maps,
)


@pytest.mark.parametrize("patch", [4, 8, 16, 32])
def test_strides_are_4_to_32_pixels_whatever_the_patch(encoder, patch):
    backbone = PyramidBackbone(encoder(patch=patch), 16)
    found = backbone(torch.rand(2, 3, 64, 96))
    assert [tuple(found[str(i)].shape) for i in range(4)] == [
        (2, 16, 64 // stride, 96 // stride) for stride in (4, 8, 16, 32)
    ]
    assert found["pool"].shape == (2, 16, 1, 2)
    assert backbone.multiple == 32


def test_a_patch_that_is_no_power_of_two_is_refused(encoder):
    with pytest.raises(ValueError, match="patch size 12: a detector needs a power of two"):
        PyramidBackbone(encoder(patch=12, side=48), 16)


def test_positions_are_the_encoders_own_at_its_own_size(encoder):
    vit = encoder()
    assert torch.equal(positions_of(vit, 8, 8), vit.positions)
    assert positions_of(vit, 4, 12).shape == (48, 32)


def test_positions_of_a_grid_of_twice_the_size_average_to_the_own_ones(encoder):
    vit = encoder()
    fine = positions_of(vit, 16, 16).T.unflatten(1, (16, 16))
    coarse = torch.nn.functional.avg_pool2d(fine, 2).flatten(1).T
    inner = torch.zeros(8, 8, dtype=torch.bool)
    inner[2:-2, 2:-2] = True  # away from the border, where the bicubic kernel is cut
    mistake = (coarse - vit.positions)[inner.flatten()].abs().mean()
    assert mistake < 0.1 * vit.positions.std()


@pytest.mark.parametrize("class_token", [True, False])
def test_maps_are_the_encoders_own_layers_on_an_image_of_its_own_size(encoder, class_token):
    vit = encoder(class_token=class_token)
    images = torch.rand(2, 3, 64, 64)
    own = vit.layers(images)[1:]
    for found, tokens in zip(quarter_maps(vit, vit.standardise(images)), own, strict=True):
        torch.testing.assert_close(found.flatten(2).transpose(1, 2), tokens[:, int(class_token) :])


def test_blocks_are_divided_in_four():
    ends = {depth: quarter_ends(depth) for depth in (1, 2, 4, 6, 12)}
    assert ends == {
        1: [1, 1, 1, 1],
        2: [1, 1, 2, 2],
        4: [1, 2, 3, 4],
        6: [2, 3, 5, 6],
        12: [3, 6, 9, 12],
    }
