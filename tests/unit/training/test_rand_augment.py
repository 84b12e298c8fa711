"""Against torchvision's RandAugment, image by image, with the same parameters."""

import pytest
import torch
from scipy import stats
from torchvision.transforms import v2

from spatial_mae.training.rand_augment import OPERATIONS, SIGNED, apply_operations, rand_augment


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """Noise of several contrasts, a ramp and a constant: (7, 3, 12, 9)."""
    noise = torch.rand((4, 3, 12, 9), generator=torch.Generator().manual_seed(0))
    spread = torch.tensor([1.0, 0.5, 0.1, 0.02]).view(4, 1, 1, 1)
    ramp = torch.linspace(0, 1, 108).view(1, 1, 12, 9).expand(1, 3, 12, 9)
    edges = torch.stack([torch.zeros(3, 12, 9), torch.full((3, 12, 9), 0.3)])
    return (torch.cat([noise * spread + 0.3 * (1 - spread), ramp, edges]) * 255).byte()


def torchvision_operation(image, name, negative, magnitude):
    """What v2.RandAugment does to one image once it has drawn `name` and its sign."""
    transform = v2.RandAugment(1, magnitude)
    make, signed = transform._AUGMENTATION_SPACE[name]
    magnitudes = make(transform.num_magnitude_bins, *image.shape[-2:])
    strength = 0.0 if magnitudes is None else float(magnitudes[magnitude])
    return transform._apply_image_or_video_transform(
        image,
        name,
        -strength if signed and negative else strength,
        interpolation=transform.interpolation,
        fill=transform._fill,
    )


def test_the_operations_are_torchvisions():
    space = v2.RandAugment._AUGMENTATION_SPACE
    assert set(OPERATIONS) == set(space)
    assert set(SIGNED) == {name for name, (_, signed) in space.items() if signed}


@pytest.mark.parametrize("magnitude", [0, 1, 9, 17, 30])
@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_gives_torchvisions_pixels(name, magnitude, images):
    choices = torch.full((len(images),), OPERATIONS.index(name))
    for negative in (False, True):
        made = apply_operations(images, choices, torch.full(choices.shape, negative), magnitude)
        expected = [torchvision_operation(i, name, negative, magnitude) for i in images]
        assert made.dtype == torch.uint8
        assert torch.equal(made, torch.stack(expected))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_with_an_operation_each(channels, images):
    n = 2 * len(OPERATIONS)
    batch = images[torch.arange(n) % len(images), :channels]
    choices = torch.arange(n) % len(OPERATIONS)
    negative = torch.arange(n) >= len(OPERATIONS)
    made = apply_operations(batch, choices, negative, 12)
    for k in range(n):
        name = OPERATIONS[choices[k]]
        expected = torchvision_operation(batch[k], name, bool(negative[k]), 12)
        assert torch.equal(made[k], expected), name


def test_operations_follow_each_other_and_leave_the_input_alone(images):
    before = images.clone()
    generator = torch.Generator().manual_seed(3)
    twice = rand_augment(rand_augment(images, generator, 1, 9), generator, 1, 9)
    assert torch.equal(rand_augment(images, torch.Generator().manual_seed(3), 2, 9), twice)
    assert torch.equal(images, before)
    assert torch.equal(rand_augment(images, generator, 0, 9), images)


def test_every_operation_and_sign_is_equally_likely(monkeypatch, images):
    drawn = []

    def keep(images, choices, negative, magnitude):
        drawn.append(choices * 2 + negative)
        return images

    monkeypatch.setattr("spatial_mae.training.rand_augment.apply_operations", keep)
    rand_augment(images.repeat(1000, 1, 1, 1), torch.Generator().manual_seed(0), 2, 9)
    counts = torch.cat(drawn).bincount(minlength=2 * len(OPERATIONS))
    assert stats.chisquare(counts).pvalue > 1e-3
    assert not torch.equal(*drawn)


def test_images_too_small_to_sharpen_stay(images):
    choices = torch.full((len(images),), OPERATIONS.index("Sharpness"))
    small = images[..., :2]
    assert torch.equal(apply_operations(small, choices, choices < 0, 9), small)


def test_what_is_out_of_range_is_refused(images):
    generator = torch.Generator()
    with pytest.raises(ValueError, match=r"\(2, 31\).*0..30"):
        rand_augment(images, generator, 2, 31)
    with pytest.raises(ValueError, match=r"\(-1, 9\)"):
        rand_augment(images, generator, -1, 9)
    with pytest.raises(ValueError, match="float32.*uint8"):
        rand_augment(images.float(), generator, 2, 9)
    with pytest.raises(ValueError, match="1 or 3 channels"):
        rand_augment(images[:, :2], generator, 2, 9)
