"""Entropy, spread, adaptivity: known cases, conventions, plain versions."""

import math
from dataclasses import replace

import pytest
import torch

from spatial_mae.jacobian.adaptivity import adaptivity
from spatial_mae.jacobian.entropy import spatial_entropy
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.locality import spread
from spatial_mae.jacobian.pixels import hidden_pixels


@pytest.fixture
def line(made_up):
    """Three outputs: all inputs alike, one input alone, nothing."""
    values = [[1.0, -1.0, 1.0, -1.0], [0, 0, 3.0, 0], [0, 0, 0, 0]]
    return made_up(values, outputs=[0, 1, 5], inputs=[2, 3, 4, 6])


def test_entropy_of_known_kernels(line):
    nats = spatial_entropy(line, 1, "sum", "e", "no")
    assert torch.allclose(nats[:2], torch.tensor([math.log(4), 0], dtype=torch.float64))
    assert nats[2].isnan()
    assert spatial_entropy(line, 1, "sum", 2, "no")[0] == pytest.approx(2)
    assert spatial_entropy(line, 1, "sum", 2, "visible")[0] == pytest.approx(1)
    assert spatial_entropy(line, 1, "sum", "e", "all")[0] == pytest.approx(2 / 3)


def test_spread_of_known_kernels(line):
    found = spread(line, 1, "sum")
    assert found[:2].tolist() == [(2 + 3 + 4 + 6) / 4, 3]
    assert found[2].isnan()


def test_spread_squared(made_up):
    found = spread(made_up([[3.0, 1.0]], outputs=[0], inputs=[1, 5]), 2, "sum")
    assert found.item() == pytest.approx((9 * 1 + 1 * 5) / 10)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("channels", ["sum", "separate"])
def test_plain_versions(linear_network, images, mask, architecture, power, channels):
    outputs = hidden_pixels(architecture(), mask)[::17]
    found = jacobian(linear_network(), images()[0], mask, outputs)
    entropies = spatial_entropy(found, power, channels, "e", "no")
    spreads = spread(found, power, channels)
    assert entropies.shape == spreads.shape == ((3,) if channels == "sum" else (3, 2))
    for o, place in enumerate(outputs.tolist()):
        far = [math.dist(place, other) for other in found.inputs.tolist()]
        size = found.values[o].abs() ** power
        for c in (0, 1):
            kernel = size[c] if channels == "separate" else size.sum(dim=(0, 2))[:, None]
            p = kernel / kernel.sum()
            entropy = -sum(v * math.log(v) for v in p.flatten().tolist())
            distance = sum(d * v for d, v in zip(far, p.sum(dim=1).tolist(), strict=True))
            index = (o, c) if channels == "separate" else o
            assert entropies[index].item() == pytest.approx(entropy)
            assert spreads[index].item() == pytest.approx(distance)


def test_separate_channels_are_normalised_by_all_values(linear_network, images, mask, architecture):
    outputs = hidden_pixels(architecture(), mask)[:3]
    found = jacobian(linear_network(), images()[0], mask, outputs)
    alike = replace(found, values=torch.full_like(found.values, -0.2))
    for channels in ("sum", "separate"):
        entropy = spatial_entropy(alike, 1, channels, 2, "visible")
        assert torch.allclose(entropy, torch.ones_like(entropy))


def test_unknown_conventions(line):
    with pytest.raises(ValueError, match="power 3"):
        spatial_entropy(line, 3, "sum", "e", "no")
    with pytest.raises(ValueError, match="channels 'mean'"):
        spread(line, 1, "mean")
    with pytest.raises(ValueError, match="base 10"):
        spatial_entropy(line, 1, "sum", 10, "no")
    with pytest.raises(ValueError, match="normalised True"):
        spatial_entropy(line, 1, "sum", 2, True)


def test_a_linear_network_does_not_adapt(linear_network, network, images, mask, architecture):
    outputs = hidden_pixels(architecture(), mask)[::9]
    for model, adapts in ((linear_network(), False), (network(), True)):
        found = adaptivity(jacobian(model, image, mask, outputs) for image in images(4))
        assert found.shape == (len(outputs),)
        assert (found > 1e-4).all() if adapts else (found.abs() < 1e-14).all()


def test_adaptivity_of_known_kernels(made_up):
    kernels = ([[1.0, 0.0]], [[0.0, 2.0]], [[3.0, 3.0]], [[-1.0, 0.0]])
    found = [made_up(kernel, outputs=[0], inputs=[1, 2]) for kernel in kernels]
    assert adaptivity(found[:2]).item() == pytest.approx(1)
    assert adaptivity([found[0], found[0], found[0]]).item() == pytest.approx(0)
    assert adaptivity([found[0], found[3]]).item() == pytest.approx(2)
    cosines = [0, 2**-0.5, -1, 2**-0.5, 0, -(2**-0.5)]
    assert adaptivity(found).item() == pytest.approx(1 - sum(cosines) / 6)


def test_adaptivity_of_what_cannot_be_compared(made_up):
    first = made_up([[1.0, 0.0]], outputs=[0], inputs=[1, 2])
    with pytest.raises(ValueError, match="two or more"):
        adaptivity([first])
    with pytest.raises(ValueError, match="one mask"):
        adaptivity([first, made_up([[1.0, 0.0]], outputs=[0], inputs=[1, 3])])
    with pytest.raises(ValueError, match="other|different output pixels"):
        adaptivity([first, made_up([[1.0, 0.0]], outputs=[4], inputs=[1, 2])])
