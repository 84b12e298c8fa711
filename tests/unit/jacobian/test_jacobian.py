"""The Jacobian: against differences, autograd, the linear network; both modes; its errors."""

from dataclasses import replace

import pytest
import torch

from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.pixels import all_pixels, hidden_pixels, visible_pixels
from spatial_mae.models import precision
from spatial_mae.models.mae import patch_statistics
from spatial_mae.models.masks import arrange


def reconstruct(model, image, mask, normalised=False):
    """The reconstruction in the type of the parameters, without the cast to float32."""
    model.encoder.compute_dtype = torch.float64
    arrangement = arrange(mask[None])
    patches = model.encoder.patches(image[None])
    made = model.decoder(model.encoder.encode_patches(patches, arrangement), arrangement)
    made = made[:, arrangement.order[0].argsort()]
    if normalised:
        mean, deviation = patch_statistics(patches)
        made = made * deviation + mean
    mean, deviation = model.encoder.pixel_mean, model.encoder.pixel_deviation
    return model.unpatchify(made)[0] * deviation[:, None, None] + mean[:, None, None]


def differences(model, image, mask, outputs, pixel, channel, step=1e-5):
    """Central differences of the outputs (n, C) by one value."""
    moved = []
    for sign in (1, -1):
        other = image.clone()
        other[channel, *pixel] += sign * step
        moved.append(reconstruct(model, other, mask)[:, outputs[:, 0], outputs[:, 1]].T)
    return (moved[0] - moved[1]) / (2 * step)


def autograd(model, image, mask, outputs, normalised=False):
    """All derivatives, one output value at a time: (outputs, C, C, H, W), hidden inputs too."""
    image = image.clone().requires_grad_(True)
    made = reconstruct(model, image, mask, normalised)
    rows = [
        torch.stack(
            [torch.autograd.grad(made[c, y, x], image, retain_graph=True)[0] for c in (0, 1)]
        )
        for y, x in outputs.tolist()
    ]
    return torch.stack(rows)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("whole", [True, False])
def test_finite_differences(network, images, mask, architecture, mode, whole):
    model, image = network(), images()[0]
    outputs = all_pixels(architecture()) if whole else hidden_pixels(architecture(), mask)[::5]
    found = jacobian(model, image, mask, outputs, mode=mode)
    assert found.mode == mode
    tolerance = 1e-7 if mode == "forward" else 1e-5  # reconstruct ends in float32
    for number in (0, 7, 20):
        for channel in (0, 1):
            pixel = found.inputs[number].tolist()
            expected = differences(model, image, mask, outputs, pixel, channel)
            assert expected.abs().max() > 1e-2
            assert torch.allclose(found.values[:, :, number, channel], expected, atol=tolerance)


@pytest.mark.parametrize("decoder_depth", [1, 2])
@pytest.mark.parametrize("outputs", ["all", "hidden", "visible", "one hidden"])
def test_forward_is_autograd(network, architecture, images, mask, outputs, decoder_depth):
    sizes = architecture(decoder_depth=decoder_depth)
    chosen = {
        "all": all_pixels(sizes),
        "hidden": hidden_pixels(sizes, mask),
        "visible": visible_pixels(sizes, mask).flip(0),
        "one hidden": hidden_pixels(sizes, mask)[5:6],
    }[outputs][:40]
    model, image = network(sizes), images()[0]
    found = jacobian(model, image, mask, chosen, mode="forward", chunk=7)
    expected = autograd(model, image, mask, chosen)
    assert torch.allclose(found.kernels(), expected, rtol=1e-9, atol=1e-12)


def test_without_a_class_token(network, architecture, images, mask):
    sizes = architecture()
    sizes = replace(sizes, backbone=replace(sizes.backbone, class_token=False))
    model, image, outputs = network(sizes), images()[0], all_pixels(sizes)[::11]
    found = jacobian(model, image, mask, outputs, mode="forward")
    assert torch.allclose(found.kernels(), autograd(model, image, mask, outputs), atol=1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("outputs", [hidden_pixels, visible_pixels])
def test_normalised_targets(network, architecture, images, mask, mode, outputs):
    chosen = outputs(architecture(), mask)[::9]
    model, image = network(), images()[0]
    found = jacobian(model, image, mask, chosen, mode=mode, normalised=True)
    expected = autograd(model, image, mask, chosen, normalised=True)
    shown = found.inputs
    expected = expected[..., shown[:, 0], shown[:, 1]].transpose(2, 3)
    assert torch.allclose(found.values, expected, atol=1e-5)


def test_both_modes_agree_in_float32(network, images, mask, architecture):
    model, image = network(dtype=torch.float32), images()[0]
    outputs = hidden_pixels(architecture(), mask)
    forward, reverse = (
        jacobian(model, image, mask, outputs, mode=mode) for mode in ("forward", "reverse")
    )
    assert forward.values.dtype == torch.float32
    assert torch.allclose(forward.values, reverse.values, atol=1e-5)
    assert torch.equal(forward.inputs, reverse.inputs)


def test_the_mode_follows_the_count(network, linear_network, images, mask, architecture):
    image, hidden = images()[0], hidden_pixels(architecture(), mask)
    n = len(visible_pixels(architecture(), mask))
    assert n == len(hidden) == 48
    linear = linear_network()
    assert jacobian(linear, image, mask, hidden).mode == "forward"
    assert jacobian(linear, image, mask, hidden[:-1]).mode == "reverse"
    assert jacobian(network(), image, mask, hidden[:24]).mode == "forward"
    assert jacobian(network(), image, mask, hidden[:23]).mode == "reverse"


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_linear_network_gives_its_matrix(linear_network, images, mask, architecture, mode):
    model, outputs = linear_network(), all_pixels(architecture())
    found = jacobian(model, images()[0], mask, outputs, mode=mode)
    kernels = found.kernels().permute(3, 4, 2, 0, 1).reshape(192, 192)
    hidden = found.hidden.flatten().repeat_interleave(2)
    assert torch.equal(kernels[hidden], torch.zeros_like(kernels[hidden]))
    assert torch.allclose(kernels[~hidden], model.matrix[~hidden], rtol=1e-12)


def test_hidden_inputs_have_no_derivative(network, images, mask, architecture):
    model, image, outputs = network(), images()[0], all_pixels(architecture())[::10]
    hidden = jacobian(model, image, mask, outputs).hidden
    assert (autograd(model, image, mask, outputs)[..., hidden] == 0).all()
    assert (jacobian(model, image, mask, outputs).kernels()[..., hidden] == 0).all()


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("chunk", [1, 13, 1000])
def test_chunks_change_nothing(network, images, mask, architecture, mode, chunk):
    model, image, outputs = network(), images()[0], all_pixels(architecture())[::8]
    found = jacobian(model, image, mask, outputs, mode=mode, chunk=chunk)
    expected = jacobian(model, image, mask, outputs, mode=mode)
    assert found.chunk == chunk
    assert torch.allclose(found.values, expected.values, rtol=1e-5, atol=1e-6)


def test_a_network_that_computes_in_bfloat16_is_taken_in_float32(network, images, mask):
    model, image = network(dtype=torch.float32), images()[0]
    outputs = torch.tensor([[0, 5]])
    expected = jacobian(model, image, mask, outputs).values
    precision.use(model, "bfloat16")
    assert torch.equal(jacobian(model, image, mask, outputs).values, expected)
    assert precision.current(model) == "bfloat16"


def test_small_memory(network, images, mask, architecture):
    model, image, outputs = network(), images()[0], all_pixels(architecture())
    result = 192 * 96 * 8
    with pytest.raises(RuntimeError, match="Jacobian itself takes 0.147 MB.*budget_bytes"):
        jacobian(model, image, mask, outputs, budget_bytes=result)
    with pytest.raises(RuntimeError, match="one direction of the Jacobian takes"):
        jacobian(model, image, mask, outputs, budget_bytes=result + 100)
    few = jacobian(model, image, mask, outputs, budget_bytes=result + 60_000)
    assert 1 <= few.chunk < jacobian(model, image, mask, outputs).chunk


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([[0, 12]], r"output pixel \(0, 12\) is outside the image; rows go from 0 to 7"),
        ([[0, 0], [-1, 0]], r"\(-1, 0\) is outside"),
        ([[0.0, 1.0]], "whole numbers"),
        ([0, 1], "a row and a column"),
        (torch.zeros(0, 2, dtype=torch.long), "at least one"),
    ],
)
def test_output_pixels_that_are_none(network, images, mask, outputs, message):
    with pytest.raises(ValueError, match=message):
        jacobian(network(), images()[0], mask, torch.as_tensor(outputs))


def test_visible_outputs_are_refused_where_asked(network, images, mask):
    outputs = torch.tensor([[0, 4], [0, 3]])
    with pytest.raises(ValueError, match=r"\(0, 3\) is not hidden"):
        jacobian(network(), images()[0], mask, outputs, hidden_only=True)
    jacobian(network(), images()[0], mask, outputs[:1], hidden_only=True)


def test_other_bad_input(network, images, mask):
    model, image, outputs = network(), images()[0], torch.tensor([[0, 4]])
    with pytest.raises(ValueError, match="VisionTransformer has no decoder"):
        jacobian(model.encoder, image, mask, outputs)
    with pytest.raises(ValueError, match=r"\(C, H, W\) = \(2, 8, 12\)"):
        jacobian(model, image[:, :, :8], mask, outputs)
    with pytest.raises(ValueError, match=r"float image .* in \[0, 1\]"):
        jacobian(model, (255 * image).byte(), mask, outputs)
    with pytest.raises(ValueError, match=r"expected bool \(6,\)"):
        jacobian(model, image, mask[:5], outputs)
    with pytest.raises(ValueError, match="hides every patch"):
        jacobian(model, image, torch.ones_like(mask), outputs)
    with pytest.raises(ValueError, match="'sideways' is unknown"):
        jacobian(model, image, mask, outputs, mode="sideways")
    with pytest.raises(ValueError, match="chunk 0"):
        jacobian(model, image, mask, outputs, chunk=0)
