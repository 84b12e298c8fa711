"""Against torchvision, image by image: the same pixels for the same crop, the same law of crops."""

import pytest
import torch
from scipy import stats
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from spatial_mae.training import augmentation
from spatial_mae.training.augmentation import (
    crop_flip,
    draw_crops,
    random_resized_crop_flip,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(n, height, width, channels=3):
    shape = (n, channels, height, width)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator())


def crop_with_torchvision(image, crops, k, size, pillow):
    box = [int(side[k]) for side in (crops.top, crops.left, crops.height, crops.width)]
    if pillow:
        image = functional.to_pil_image(image)
    image = functional.resized_crop(image, *box, list(size), antialias=True)
    image = functional.horizontal_flip(image) if crops.flipped[k] else image
    return functional.to_image(image).float() / 255


@pytest.mark.parametrize("pillow", [True, False])
@pytest.mark.parametrize(
    ("shape", "size"), [((32, 32), None), ((12, 20), None), ((20, 12), (7, 9)), ((8, 8), (16, 24))]
)
def test_the_same_crops_give_torchvisions_pixels(shape, size, pillow, monkeypatch):
    monkeypatch.setattr(augmentation, "CACHE_FLOATS", 10 * 3 * shape[0] * shape[1])
    images = noise(64, *shape)
    crops = draw_crops(generator(1), 64, shape, (0.05, 1.0))
    made = crop_flip(images, crops, size)
    expected = torch.stack(
        [crop_with_torchvision(i, crops, k, size or shape, pillow) for k, i in enumerate(images)]
    )
    assert made.shape == expected.shape
    assert made.dtype == torch.float32
    difference = (made - expected).abs() * 255
    assert difference.max() < 2  # grey levels: torchvision rounds, on bytes after either axis
    assert difference.mean() < 0.5


@pytest.mark.parametrize("channels", [1, 4])
def test_any_number_of_channels(channels):
    images = noise(5, 8, 6, 4)
    crops = draw_crops(generator(1), 5, (8, 6), (0.2, 1.0))
    some = crop_flip(images[:, :channels], crops)
    assert torch.equal(some, crop_flip(images, crops)[:, :channels])


def test_a_batch_is_its_images_one_by_one():
    images = noise(9, 10, 10)
    crops = draw_crops(generator(1), 9, (10, 10), (0.1, 1.0))
    alone = [crop_flip(images[k : k + 1], crops[k : k + 1]) for k in range(9)]
    assert torch.allclose(crop_flip(images, crops), torch.cat(alone), atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 8), (8, 10), (8, 30), (30, 8)])
def test_no_crop_and_no_flip_is_the_image(shape):
    images = noise(50, *shape)
    made = random_resized_crop_flip(images, generator(), (1, 1), flip=False)
    assert torch.equal(made, images.float() / 255)
    flipped = random_resized_crop_flip(images, generator(), (1.0, 1.0), flip=True)
    mirror = draw_crops(generator(), 50, shape, (1, 1)).flipped
    expected = torch.where(mirror[:, None, None, None], made.flip(-1), made)
    assert torch.allclose(flipped, expected, atol=1e-7)
    assert 10 < mirror.sum() < 40


@pytest.mark.parametrize(
    ("shape", "scale"),
    [((32, 32), (0.2, 1.0)), ((12, 20), (0.5, 1.0)), ((6, 20), (0.8, 1.0)), ((20, 6), (0.8, 1.0))],
)
def test_crops_follow_torchvisions_law(shape, scale):
    """Two samples of each quantity; the long images need the central crop almost every time."""
    n = 4000
    crops = draw_crops(generator(5), n, shape, scale)
    transform = v2.RandomResizedCrop(shape, scale)
    with torch.random.fork_rng():
        torch.manual_seed(6)
        drawn = [transform.make_params([torch.empty(3, *shape)]) for _ in range(n)]
    for name in ("top", "left", "height", "width"):
        ours, theirs = getattr(crops, name), torch.tensor([params[name] for params in drawn])
        counts = torch.stack([ours.bincount(minlength=40), theirs.bincount(minlength=40)])
        counts = counts[:, counts.sum(0) >= 20]
        if counts.shape[1] > 1:
            assert stats.chi2_contingency(counts).pvalue > 1e-3, name
        else:
            assert torch.equal(ours.unique(), theirs.unique()), name
    assert ((crops.top + crops.height) <= shape[0]).all()
    assert ((crops.left + crops.width) <= shape[1]).all()
    assert abs(crops.flipped.float().mean() - 0.5) < 0.04


def test_the_draws_depend_on_the_generator_alone():
    images = noise(6, 8, 8)
    first = random_resized_crop_flip(images, generator(1), (0.2, 1.0))
    assert torch.equal(first, random_resized_crop_flip(images, generator(1), (0.2, 1.0)))
    assert not torch.equal(first, random_resized_crop_flip(images, generator(2), (0.2, 1.0)))
    assert not draw_crops(generator(1), 50, (8, 8), (0.2, 1.0), flip=False).flipped.any()


@pytest.mark.parametrize("scale", [(0.0, 1.0), (0.5, 0.2), (0.5, 1.5)])
def test_a_scale_out_of_range_is_refused(scale):
    with pytest.raises(ValueError, match="scale .* must be two numbers"):
        random_resized_crop_flip(noise(1, 4, 4), generator(), scale)
    with pytest.raises(ValueError, match="ratio .* must be two numbers"):
        random_resized_crop_flip(noise(1, 4, 4), generator(), (0.2, 1.0), ratio=(2.0, 1.0))
