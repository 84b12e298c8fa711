"""The linear MAE compared with a network: its Jacobian is its matrix, its fit the best there is."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.inputs import Network
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.linear_model import LinearModel, fit_linear
from spatial_mae.jacobian.pixels import all_pixels, hidden_pixels
from spatial_mae.jacobian.recipe import LinearChoice
from spatial_mae.linear.hidden import hidden_influence
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.solution import solve_mae
from spatial_mae.models.architecture import Architecture, Backbone

HEIGHT, WIDTH = 4, 6
BACKBONE = Backbone(16, 2, 8, 2, 2.0, True)
# Both make units of 2 x 2 pixels, in 2 x 3.
PATCHES = {"unit of one patch": (2, 1), "unit of four patches": (1, 2)}
PLAIN = LinearChoice("centred", 0.0, False)


@pytest.fixture
def linear(linear_network, architecture):
    """A linear network, and the model with its matrix and a mean."""
    model = linear_network()
    mean = torch.rand(192, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return model, LinearModel(architecture(), model.matrix.detach(), mean)


@pytest.mark.parametrize("chosen", ["all", "hidden", "some, in another order"])
def test_its_jacobian_is_that_of_the_network_with_its_matrix(
    linear, images, mask, architecture, chosen
):
    network, model = linear
    outputs = {
        "all": all_pixels(architecture()),
        "hidden": hidden_pixels(architecture(), mask),
        "some, in another order": torch.tensor([[7, 3], [0, 5], [0, 0]]),
    }[chosen]
    expected = jacobian(network, images()[0], mask, outputs)
    found = model.jacobian(mask, outputs)
    assert found.values.shape == (len(outputs), 2, 48, 2)
    for name in ("outputs", "inputs", "hidden"):
        assert torch.equal(getattr(found, name), getattr(expected, name))
    assert torch.allclose(found.values, expected.values, rtol=1e-12, atol=0)
    # Row = input: the first output's first channel by the first visible pixel's second channel.
    row, column = outputs[0].tolist()
    assert found.values[0, 0, 0, 1] == network.matrix[1, (row * 12 + column) * 2]


def test_output_pixels_outside_the_image_and_foreign_masks_are_refused(linear, mask):
    _, model = linear
    with pytest.raises(ValueError, match=r"\(8, 0\) is outside the image"):
        model.jacobian(mask, torch.tensor([[8, 0]]))
    with pytest.raises(ValueError, match=r"expected bool \(6,\)"):
        model.jacobian(mask[:5], torch.tensor([[0, 0]]))


def test_it_reconstructs_deviations_from_the_mean(linear, images, mask):
    network, model = linear
    with torch.no_grad():
        network.offset.zero_()
    masks = torch.stack([mask, ~mask, torch.zeros_like(mask)])
    some = images(3)
    mean = model.mean.view(8, 12, 2).permute(2, 0, 1)
    expected = network.reconstruct(some - mean, masks) + mean
    found = model.reconstruct(some, masks)
    assert found.shape == some.shape and found.dtype == torch.float64
    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-12)
    alone = model.reconstruct(some[1:2].float(), masks[1:2])
    assert torch.allclose(alone, expected[1:2], rtol=1e-5, atol=1e-5)


def test_hidden_pixels_do_not_matter_and_visible_ones_move_it_by_its_jacobian(
    linear, images, mask, architecture
):
    _, model = linear
    image = images()[0]
    found = model.jacobian(mask, all_pixels(architecture()))
    other = image.clone()
    other[:, found.hidden] = 9.0
    before, after = model.reconstruct(torch.stack([image, other]), mask.expand(2, -1))
    assert torch.equal(before, after)
    other[1, *found.inputs[7].tolist()] += 0.5
    moved = (model.reconstruct(other[None], mask[None])[0] - after) / 0.5
    assert torch.allclose(moved.flatten(1).T, found.values[:, :, 7, 1], atol=1e-12)


def made_up_images(channels, n=150):
    """uint8 images whose neighbours are alike, left and right unlike."""
    rng = np.random.default_rng(channels)
    d = HEIGHT * WIDTH * channels
    mix = np.eye(d) + 0.6 * np.eye(d, k=channels) + 0.4 * np.eye(d, k=WIDTH * channels)
    rows = rng.standard_normal((n, d)) @ mix * 25 + np.linspace(70, 180, d)
    return rows.reshape(n, HEIGHT, WIDTH, channels).round().clip(0, 255).astype(np.uint8)


def network_for(patches, channels=1, mask_ratio=0.5, sampling="exact", loss_on="hidden"):
    """A network of which only the sizes and the training matter."""
    sizes = Architecture(HEIGHT, WIDTH, channels, *patches, 1, 1, BACKBONE)
    masking = Masking(mask_ratio, sampling, False)
    return Network(SimpleNamespace(architecture=sizes), masking, loss_on, None, {})


def unit_of(channels):
    """Number of the 2 x 2 unit of each value, by row, column, channel."""
    return np.array(
        [
            (row // 2) * (WIDTH // 2) + column // 2
            for row in range(HEIGHT)
            for column in range(WIDTH)
            for _ in range(channels)
        ]
    )


def plain_moments(images, centring, ridge, flip):
    """S and the mean that is subtracted, from the images themselves."""
    images = np.concatenate([images, images[:, :, ::-1]]) if flip else images
    rows = images.reshape(len(images), -1) / 255
    mean = rows.mean(axis=0) if centring == "centred" else np.zeros(rows.shape[1])
    S = (rows - mean).T @ (rows - mean) / len(rows)
    return S + ridge * np.diag(S).mean() * np.eye(len(S)), mean


def moments_of(images):
    return pixel_moments(images, "rgb" if images.shape[3] == 3 else "luma")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("patches", PATCHES.values(), ids=PATCHES)
@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
@pytest.mark.parametrize("loss_on", ["hidden", "all"])
def test_the_matrix_is_the_closed_form_for_masks_and_loss(channels, patches, sampling, loss_on):
    images = made_up_images(channels)
    # 0.55 of six units is no whole number: exact masks hide three.
    network = network_for(patches, channels, 0.55, sampling, loss_on)
    choice = LinearChoice("centred", 0.01, True)
    model = fit_linear(moments_of(images), network, choice)
    S, mean = plain_moments(images, "centred", 0.01, True)
    ratio = 3 / 6 if sampling == "exact" else 0.55
    if loss_on == "hidden":
        expected = hidden_influence(S, unit_of(channels), ratio, sampling)
    else:
        expected = solve_mae(S, unit_of(channels), ratio, len(S), sampling=sampling).influence
    assert model.architecture == network.model.architecture
    assert np.abs(expected).max() > 0.1
    assert model.matrix.numpy() == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert model.mean.numpy() == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("centring", ["raw", "centred"])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("flip", [False, True])
def test_the_choices_of_the_recipe(centring, ridge, flip):
    images = made_up_images(1)
    network = network_for((2, 1), mask_ratio=1 / 3)
    model = fit_linear(moments_of(images), network, LinearChoice(centring, ridge, flip))
    S, mean = plain_moments(images, centring, ridge, flip)
    expected = hidden_influence(S, unit_of(1), 1 / 3, "exact")
    assert model.matrix.numpy() == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert model.mean.numpy() == pytest.approx(mean, abs=1e-15)
    assert model.matrix.dtype == model.mean.dtype == torch.float64


def weighted_masks(network):
    """Masks of patches (P,) that show something, and the chance of each; units listed plainly."""
    sizes, masking = network.model.architecture, network.masking
    rows, columns = sizes.grid
    for units in product([False, True], repeat=6):
        n, m = sum(units), masking.mask_ratio
        chance = m**n * (1 - m) ** (6 - n) if masking.sampling == "bernoulli" else n == round(6 * m)
        # What is made of a mask that hides all does not depend on the matrix.
        if chance and n < 6:
            of_patch = [
                units[(row // sizes.unit) * 3 + column // sizes.unit]
                for row in range(rows)
                for column in range(columns)
            ]
            yield torch.tensor(of_patch), float(chance)


def expected_error(model, images, network):
    """Squared error over all masks, of the hidden values or of all."""
    originals = torch.from_numpy(images).permute(0, 3, 1, 2).double() / 255
    side, grid = network.model.architecture.patch_size, network.model.architecture.grid
    total = 0.0
    for mask, chance in weighted_masks(network):
        made = model.reconstruct(originals, mask.expand(len(originals), -1))
        errors = (made - originals).square().sum(dim=(0, 1))
        if network.loss_on == "hidden":
            hidden = np.kron(mask.view(grid).numpy(), np.ones((side, side)))
            errors = errors * torch.from_numpy(hidden)
        total += chance * errors.sum().item()
    return total


@pytest.mark.parametrize("patches", PATCHES.values(), ids=PATCHES)
@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
@pytest.mark.parametrize("loss_on", ["hidden", "all"])
@pytest.mark.parametrize("mask_ratio", [1 / 3, 5 / 6])
def test_no_other_matrix_errs_less_over_all_masks(patches, sampling, loss_on, mask_ratio):
    images = made_up_images(1, n=12)
    network = network_for(patches, 1, mask_ratio, sampling, loss_on)
    model = fit_linear(moments_of(images), network, PLAIN)
    best = expected_error(model, images, network)
    for seed in range(2):
        nudge = torch.randn(24, 24, generator=torch.Generator().manual_seed(seed)).double()
        up, down = (
            expected_error(
                LinearModel(model.architecture, model.matrix + step * nudge, model.mean),
                images,
                network,
            )
            - best
            for step in (1e-2, -1e-2)
        )
        # The error is quadratic: without a slope both sides rise alike.
        assert up > 0 and up == pytest.approx(down, rel=1e-6)


def test_each_law_of_masks_and_each_loss_has_a_best_matrix_of_its_own():
    images = made_up_images(1, n=12)
    networks = [
        network_for((2, 1), 1, 1 / 3, sampling, loss_on)
        for sampling in ("exact", "bernoulli")
        for loss_on in ("hidden", "all")
    ]
    models = [fit_linear(moments_of(images), network, PLAIN) for network in networks]
    for network in networks:
        errors = [expected_error(model, images, network) for model in models]
        others = [e for e, other in zip(errors, networks, strict=True) if other is not network]
        assert min(others) > 1.001 * errors[networks.index(network)]


@pytest.mark.parametrize(
    ("network", "images", "colour"),
    [
        (network_for((2, 1)), made_up_images(1)[:, :, :4], "luma"),
        (network_for((2, 1)), made_up_images(1).transpose(0, 2, 1, 3), "luma"),
        (network_for((2, 1), channels=3), made_up_images(1), "luma"),
        (network_for((2, 1)), made_up_images(3), "rgb"),
        (network_for((2, 1), channels=3), made_up_images(3), "luma"),
        (network_for((2, 1), channels=3), made_up_images(3), "gray"),
    ],
    ids=["narrow", "turned", "grey images", "rgb for grey", "luma of colour", "gray of colour"],
)
def test_moments_of_other_images_are_refused(network, images, colour):
    moments = pixel_moments(images, colour)
    channels = network.model.architecture.channels
    found = (moments.height, moments.width, moments.channels)
    message = (
        f"moments of {colour} images of {found} .height, width, channels., but the network reads "
        f"{(HEIGHT, WIDTH, channels)}: compute them on its own images"
    )
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
        fit_linear(moments, network, PLAIN)


def test_singular_moments_are_refused():
    images = made_up_images(1)
    images[:, 1, 2] = 7
    with pytest.raises(ValueError, match="is singular.*add a ridge"):
        fit_linear(moments_of(images), network_for((2, 1)), PLAIN)
