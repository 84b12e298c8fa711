"""Reconstruction errors and the gallery, against plain loops over patches and pixels."""

import numpy as np
import pytest
import torch

from spatial_mae.evaluation import reconstruction
from spatial_mae.evaluation.reconstruction import Masking, gallery, reconstruction_errors
from spatial_mae.models.masks import draw_masks


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images():
    return torch.randint(256, (5, 3, 8, 12), generator=seeded(3), dtype=torch.uint8)


@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
@pytest.mark.parametrize("normalised", [False, True])
def test_errors_patch_by_patch(model, images, sampling, normalised):
    network, masking = model(), Masking(0.4, sampling, normalised)
    found = reconstruction_errors(network, images, masking, 3, seeded(), batch_size=2)
    generator, errors = seeded(), {"hidden": [], "visible": []}
    deviation = network.encoder.pixel_deviation[:, None, None]
    for _ in range(3):
        masks = draw_masks(generator, 5, network.architecture, 0.4, sampling)
        for image, mask in zip(images, masks, strict=True):
            truth = image[None] / 255
            with torch.no_grad():
                residual = network.reconstruct(truth, mask[None], normalised) - truth
            squares = (residual[0] / deviation) ** 2
            for patch, hidden in enumerate(mask):
                y, x = divmod(patch, 3)
                square = squares[:, 4 * y : 4 * y + 4, 4 * x : 4 * x + 4].mean().item()
                errors["hidden" if hidden else "visible"].append(square)
    both = errors["hidden"] + errors["visible"]
    expected = {name: np.mean(values) for name, values in (errors | {"all": both}).items()}
    assert found == pytest.approx(expected, rel=1e-5)


def test_hidden_error_is_the_training_loss(model, images):
    network = model()
    found = reconstruction_errors(network, images, Masking(0.5, "exact", False), 1, seeded())
    masks = draw_masks(seeded(), 5, network.architecture, 0.5, "exact")
    assert found["hidden"] == pytest.approx(network.loss(images / 255, masks).item(), rel=1e-5)


def test_predicting_the_mean_is_an_error_of_one(model):
    """With pixels that have the mean and deviation the network was given."""
    network = model()
    for parameter in network.decoder.head.parameters():
        torch.nn.init.zeros_(parameter)
    signs = torch.tensor([1.0, -1.0]).repeat(48).reshape(8, 12)
    mean, deviation = network.encoder.pixel_mean, network.encoder.pixel_deviation
    pixels = mean[:, None, None] + deviation[:, None, None] * signs
    images = (pixels * 255).round().to(torch.uint8)[None].expand(4, -1, -1, -1)
    found = reconstruction_errors(network, images, Masking(0.5, "exact", False), 2, seeded())
    assert list(found.values()) == pytest.approx([1, 1, 1], abs=0.02)


def test_gallery_holds_each_pixel(model, images):
    network = model()
    rows = gallery(network, images[:2], Masking(0.5, "exact", False), seeded(4))
    assert len(rows) == 2 * 8 * 12
    channels = [f"{name}_{c}" for name in ("original", "predicted") for c in range(3)]
    assert list(rows[0]) == ["image", "row", "column", "hidden", *channels]
    masks = draw_masks(seeded(4), 2, network.architecture, 0.5, "exact")
    with torch.no_grad():
        predicted = network.reconstruct(images[:2] / 255, masks).clamp(0, 1)
    for row in rows:
        i, y, x = row["image"], row["row"], row["column"]
        assert row["hidden"] == int(masks[i, 3 * (y // 4) + x // 4])
        for c in range(3):
            assert row[f"original_{c}"] == pytest.approx(images[i, c, y, x].item() / 255, abs=1e-4)
            assert row[f"predicted_{c}"] == pytest.approx(predicted[i, c, y, x].item(), abs=1e-4)


def test_an_empty_gallery(model, images):
    assert gallery(model(), images[:0], Masking(0.5, "exact", False), seeded()) == []


def test_normalised_targets_take_the_true_patch_s_mean(model, images):
    """Printed pixels then follow the patch's brightness, whatever the network predicts."""
    network = model()
    dark, bright = images // 4, images // 4 + 128
    masks = torch.ones(5, 6, dtype=torch.bool)
    masks[:, 0] = False
    means = [
        network.reconstruct(part / 255, masks, normalised=True).mean().item()
        for part in (dark, bright)
    ]
    assert means[1] - means[0] == pytest.approx(128 / 255, abs=0.05)
    assert reconstruction.patch_errors(network, bright / 255, masks, True).shape == (5, 6)
