"""Reconstructions with nothing hidden are the network's own under an empty mask."""

import pytest
import torch

from spatial_mae.inspection.unmasked import decode_whole
from spatial_mae.training.loader import load_images


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("class_token", [False, True])
def test_whole_images_are_decoded_as_under_an_empty_mask(model, normalised, class_token):
    network = model(class_token=class_token)
    images = torch.rand(3, 3, 8, 12, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = network.reconstruct(images, torch.zeros(3, 6, dtype=torch.bool), normalised)
        found = decode_whole(network, images, network.encoder.layers(images)[-1], normalised)
    assert torch.allclose(found, expected, atol=1e-5)


def test_rows_are_means_over_images_with_their_error(inspected, model, dataset):
    rows = inspected(metrics=["mse"]).unmasked
    images = load_images(dataset, "test", None).float() / 255
    for row, epoch in zip(rows, (0, 3), strict=True):
        with torch.inference_mode():
            masks = torch.zeros(30, 6, dtype=torch.bool)
            found = model(epoch).reconstruct(images, masks).clamp(0, 1)
        errors = (found - images).square().mean(dim=(1, 2, 3))
        assert row["value"] == pytest.approx(errors.mean().item(), rel=1e-4)
        assert row["standard_error"] == pytest.approx(errors.std().item() / 30**0.5, rel=1e-4)
        assert (row["epoch"], row["n_test"], row["status"]) == (epoch, 30, "completed")


def test_targets_that_were_normalised_are_told(inspected):
    assert {row["normalised_targets"] for row in inspected(normalise_targets=True).unmasked} == {
        True
    }
