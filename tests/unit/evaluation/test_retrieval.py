"""Retrieval of an image from half of its patches."""

import torch

from spatial_mae.evaluation.features import freeze
from spatial_mae.evaluation.retrieval import retrieval_accuracy
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder

ARCHITECTURE = Architecture(8, 8, 1, 2, 1, 1, 1, Backbone(16, 2, 8, 2, 2.0))


def model():
    found = MaskedAutoencoder(ARCHITECTURE, generator=torch.Generator().manual_seed(0))
    freeze(found)
    return found


def accuracy(images):
    return retrieval_accuracy(model(), images, torch.Generator().manual_seed(1))


def test_images_that_repeat_one_patch_are_found():
    drawn = torch.Generator().manual_seed(2)
    patches = torch.randint(256, (50, 1, 2, 2), generator=drawn, dtype=torch.uint8)
    assert accuracy(patches.repeat(1, 1, 4, 4)) > 0.5


def test_noise_is_found_by_chance():
    drawn = torch.Generator().manual_seed(2)
    images = torch.randint(256, (200, 1, 8, 8), generator=drawn, dtype=torch.uint8)
    assert accuracy(images) < 0.1


def test_the_size_of_a_batch_changes_nothing():
    images = torch.randint(256, (30, 1, 8, 8), generator=torch.Generator(), dtype=torch.uint8)
    sizes = (30, 7)
    found = {retrieval_accuracy(model(), images, torch.Generator(), batch_size=n) for n in sizes}
    assert len(found) == 1
