"""Two halves of an image recognised as one: known answers."""

import pytest
import torch

from spatial_mae.evaluation.features import freeze
from spatial_mae.evaluation.halves import agreement, halves
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder


def architecture(height=8, width=8, patch=2):
    return Architecture(height, width, 1, patch, 1, 1, 1, Backbone(16, 2, 8, 2, 2.0))


def model(**sizes):
    found = MaskedAutoencoder(architecture(**sizes), generator=torch.Generator().manual_seed(0))
    freeze(found)
    return found


def images(n, *shape):
    drawn = torch.Generator().manual_seed(2)
    return torch.randint(256, (n, 1, *shape), generator=drawn, dtype=torch.uint8)


def test_images_that_repeat_one_patch_are_recognised():
    assert agreement(model(), images(50, 2, 2).repeat(1, 1, 4, 4)) > 0.9


def test_noise_is_recognised_by_chance():
    assert agreement(model(), images(200, 8, 8)) == pytest.approx(0.5, abs=0.06)


def test_images_that_are_all_alike_are_at_chance():
    assert agreement(model(), images(1, 8, 8).repeat(20, 1, 1, 1)) == pytest.approx(0.5)


def test_the_size_of_a_batch_changes_nothing():
    found = {round(agreement(model(), images(30, 8, 8), batch_size=n), 9) for n in (30, 7)}
    assert len(found) == 1


def test_one_image_has_no_others_to_compare_with():
    assert agreement(model(), images(1, 8, 8)) is None
    assert agreement(model(), images(2, 8, 8)) is not None


@pytest.mark.parametrize("patch", [1, 2, 4])
def test_halves_are_the_same_pixels_whatever_the_patch_size(patch):
    masks = halves(architecture(patch=patch))
    side = 8 // patch
    pixels = masks.reshape(3, side, side).repeat_interleave(patch, 1).repeat_interleave(patch, 2)
    assert pixels[0, :4].all() and not pixels[0, 4:].any()  # top against bottom
    assert pixels[1, :, :4].all() and not pixels[1, :, 4:].any()
    assert pixels[2, :4, :4].all() and pixels[2, 4:, 4:].all() and pixels[2].sum() == 32


def test_images_of_an_odd_number_of_patches_cannot_be_halved():
    assert halves(architecture(height=12, patch=4)) is None
    assert agreement(model(height=12, patch=4), images(5, 12, 8)) is None
