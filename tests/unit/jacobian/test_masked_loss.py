import pytest
import torch

from spatial_mae.jacobian.masked_loss import bernoulli_masks, measure, pixels

PATCH = 2


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


WEIGHTS = torch.randn((32, 5), generator=generator(2), dtype=torch.float64)


def function(images):
    return torch.tanh(images.flatten(1) @ WEIGHTS)


def images(n=3):
    """Of 2 x 2 patches."""
    return torch.randn((n, 2, 4, 4), generator=generator(1), dtype=torch.float64)


def test_all_masks_by_a_plain_loop():
    m, x = 0.3, images()
    targets = function(x)
    sample = bernoulli_masks(generator(), 16, 3, 4, m)
    loss, error = measure(function, x, targets, sample, PATCH, batch_size=2)
    outputs, weights = [], []
    for number in range(16):
        shown = [(number >> patch) & 1 for patch in range(4)]
        masked = x.clone()
        for patch, visible in enumerate(shown):
            row, column = 2 * (patch // 2), 2 * (patch % 2)
            masked[:, :, row : row + 2, column : column + 2] *= visible
        outputs.append(function(masked))
        weights.append((1 - m) ** sum(shown) * m ** (4 - sum(shown)))
    outputs, weights = torch.stack(outputs), torch.tensor(weights, dtype=torch.float64)
    mean = torch.einsum("r,rnk->nk", weights, outputs)
    expected = torch.einsum("r,rn->n", weights, (outputs - mean).square().sum(dim=2))
    assert sample.exact and error == 0
    torch.testing.assert_close(loss.variance, expected)
    torch.testing.assert_close(loss.squared_bias, (mean - targets).square().sum(dim=1))


def test_a_sample_has_no_bias_in_either_part():
    x = images()
    exact, _ = measure(function, x, function(x), bernoulli_masks(generator(), 16, 3, 4, 0.5), PATCH)
    copies = x.repeat(8000, 1, 1, 1)
    sample = bernoulli_masks(generator(), 4, len(copies), 4, 0.5)
    assert not sample.exact and sample.masks.shape == (4, 24_000, 4)
    found, _ = measure(function, copies, function(copies), sample, PATCH, batch_size=24_000)
    for part in ("squared_bias", "variance", "total"):
        mean = getattr(found, part).reshape(8000, 3).mean(dim=0)
        torch.testing.assert_close(mean, getattr(exact, part), rtol=0.04, atol=0)


def test_the_standard_error_is_that_of_repeated_measurements():
    x, losses, errors = images(), [], []
    for seed in range(300):
        sample = bernoulli_masks(generator(seed), 12, 3, 4, 0.5)
        loss, error = measure(function, x, function(x), sample, PATCH)
        losses.append(loss.total.mean())
        errors.append(error)
    spread = torch.stack(losses).std().item()
    assert torch.tensor(errors).square().mean().sqrt().item() == pytest.approx(spread, rel=0.15)


def test_masks_have_their_ratio_and_are_each_image_s_own():
    sample = bernoulli_masks(generator(), 500, 7, 40, 0.2)
    assert sample.masks.double().mean().item() == pytest.approx(0.2, abs=0.005)
    assert not torch.equal(sample.masks[:, 0], sample.masks[:, 1])
    assert sample.weights.sum().item() == pytest.approx(1)


def test_patches_are_numbered_row_by_row():
    flags = pixels(
        torch.tensor([[False, True, False, False, False, False]]), torch.zeros(1, 1, 4, 6), 2
    )
    assert flags.shape == (1, 1, 4, 6) and flags.sum() == 4
    assert flags[0, 0, :2, 2:4].all()
