import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from spatial_mae.jacobian.network_taylor import class_token, expand, reconstruction, rows
from spatial_mae.models import precision
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder

SIDE, CHANNELS, PATCH = 4, 2, 2
"""Images of four patches, whose 16 masks can be listed."""
N_VALUES = CHANNELS * SIDE**2


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


LAYERS = torch.randn((2, N_VALUES, N_VALUES), generator=generator(3), dtype=torch.float64) / 5


def signals(n=3):
    return torch.randn((n, CHANNELS, SIDE, SIDE), generator=generator(1), dtype=torch.float64)


def linear(n_outputs=N_VALUES, offset=0.0):
    """An affine map; reconstructions when it gives as many values as an image has."""
    W = torch.randn((N_VALUES, n_outputs), generator=generator(2), dtype=torch.float64) / 5
    return lambda images: images.flatten(1) @ W + offset


def two_layers(images):
    """A non-linear autoencoder."""
    return (torch.tanh(images.flatten(1) @ LAYERS[0]) @ LAYERS[1]).unflatten(1, images.shape[1:])


def table(function, mask_ratios, scales=(1.0,), n_masks=16, functional=None):
    return rows(
        function, signals(), PATCH, mask_ratios, scales, n_masks, generator(), functional, 3
    )


def network(class_token=True, height=8, width=16):
    """A tiny network with no parameter at zero, for images of 2 x 4 patches."""
    backbone = Backbone(16, 4, 8, 2, 2.0, class_token)
    model = MaskedAutoencoder(Architecture(height, width, 3, 4, 1, 2, 2, backbone))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator(4))
    return model


def standardised(n=2):
    return torch.randn((n, 3, 8, 16), generator=generator(5))


@pytest.mark.parametrize("offset", [0.0, 0.7])
def test_every_lemma_is_exact_for_a_linear_network(offset):
    found = table(linear(offset=offset), [0.0, 0.3, 0.95], [0.1, 2.0], functional=linear(5, offset))
    assert [row["lemma"] for row in found] == [4, 5, 6] * 6
    for row in found:
        assert row["standard_error"] == 0 and row["n_masks"] == 16 and row["n_images"] == 3
        for part in ("predicted", "predicted_bias", "predicted_variance"):
            measured = row[part.replace("predicted", "measured")]
            assert row[part] == pytest.approx(measured, rel=1e-9, abs=1e-12), part


def test_lemma_6_is_bias_and_variance_of_a_linear_readout():
    m, x, read = 0.4, signals(), linear(5)
    (row,) = [r for r in table(linear(), [m], functional=read) if r["lemma"] == 6]
    size = read(x).square().sum(dim=1).mean()
    assert row["predicted_bias"] == pytest.approx(m**2)
    quarters = []
    for i in range(2):
        for j in range(2):
            alone = torch.zeros_like(x)
            at = (..., slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2))
            alone[at] = x[at]
            quarters.append(read(alone).square().sum(dim=1))
    variance = m * (1 - m) * torch.stack(quarters).sum(dim=0).mean() / size
    assert row["predicted_variance"] == pytest.approx(variance.item())


def test_the_error_falls_with_the_mask_ratio():
    mask_ratios = [0.0, 1e-3, 1e-2, 0.1, 0.5]
    found = table(two_layers, mask_ratios)
    for lemma in (4, 5):
        errors = [abs(r["predicted"] - r["measured"]) for r in found if r["lemma"] == lemma]
        assert errors[0] < 1e-12
        assert errors == sorted(errors) and errors[-1] > 0.01
        # To first order in m one patch is hidden at a time, whole: the error is linear in m.
        assert errors[2] / errors[1] == pytest.approx(10, rel=0.1)


def test_the_error_falls_with_the_input_scale():
    found = table(two_layers, [0.5], [0.003, 0.03, 1.0])
    for lemma in (4, 5):
        errors = [abs(r["predicted"] - r["measured"]) for r in found if r["lemma"] == lemma]
        # tanh x = x - x^3 / 3: a relative error of second order in the scale.
        assert errors[1] / errors[0] == pytest.approx(100, rel=0.1)
        assert errors[2] > 10 * errors[1]


@pytest.mark.parametrize("read", [reconstruction, class_token])
def test_expansions_against_the_whole_jacobian(read):
    function, images = read(network()), standardised()
    points = 0.3 * images
    found = expand(function, points, images, 4, batch_size=3)
    values = images.flatten(1).double()
    patch = torch.arange(8).reshape(2, 4).repeat_interleave(4, 0).repeat_interleave(4, 1)
    patch = patch.expand(3, -1, -1).flatten()
    for n in range(2):
        with sdpa_kernel(SDPBackend.MATH):
            jacobian = torch.func.jacrev(lambda x: function(x[None])[0].flatten())(points[n])
        through = jacobian.detach().flatten(1).double() * values[n]
        torch.testing.assert_close(found.change[n], through.sum(dim=1), rtol=0, atol=1e-5)
        each = torch.stack([through[:, patch == q].sum(dim=1) for q in range(8)])
        torch.testing.assert_close(found.spread[n], each.square().sum(), rtol=1e-5, atol=0)
    expected = function(points).detach().flatten(1).double()
    torch.testing.assert_close(found.value, expected, rtol=0, atol=1e-5)


def test_batches_do_not_matter():
    function, images = reconstruction(network()), standardised()
    small, large = (expand(function, images, images, 4, size) for size in (1, 100))
    torch.testing.assert_close(small.spread, large.spread, rtol=1e-5, atol=0)
    torch.testing.assert_close(small.change, large.change, rtol=0, atol=1e-5)


def test_the_network_reads_every_patch_and_no_mask_token():
    model, images = network(), standardised()
    nothing_hidden = torch.zeros((2, 8), dtype=torch.bool)
    expected = model.unpatchify(model(images, nothing_hidden))
    torch.testing.assert_close(reconstruction(model)(images), expected)
    torch.testing.assert_close(class_token(model)(images), model.encode(images)[:, 0])


def test_rows_of_a_network():
    model = network()
    found = rows(
        reconstruction(model),
        standardised(),
        4,
        [0.01],
        [0.5, 1.0],
        256,
        generator(),
        class_token(model),
    )
    assert [(row["lemma"], row["input_scale"]) for row in found] == [
        (lemma, scale) for scale in (0.5, 1.0) for lemma in (4, 5, 6)
    ]
    for row in found[:2] + found[3:5]:
        assert row["predicted"] == pytest.approx(row["measured"], rel=0.05)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patch_size": 3}, "patch size 3 does not divide images of 4 x 4"),
        ({"mask_ratios": [0.5, 1.0]}, "mask ratio 1.0"),
        ({"input_scales": [1.0, 0.0]}, r"input scales \[0.0\]"),
        ({"n_masks": 1}, "1 masks have no standard error"),
        ({"images": torch.zeros(0, 2, 4, 4)}, "expected \\(N, C, H, W\\)"),
        ({"function": linear(5)}, "gives 5 values for an image of 32.*as `functional`"),
    ],
)
def test_wrong_requests_are_refused(changes, message):
    request = {
        "function": linear(),
        "images": signals(),
        "patch_size": PATCH,
        "mask_ratios": [0.5],
        "input_scales": [1.0],
        "n_masks": 16,
        "generator": generator(),
    }
    with pytest.raises(ValueError, match=message):
        rows(**request | changes)


def test_networks_without_a_forward_derivative_or_a_class_token_are_refused():
    with pytest.raises(ValueError, match="no class token"):
        class_token(network(class_token=False))
    model = network()
    precision.use(model, "bfloat16")
    with pytest.raises(ValueError, match="computes in bfloat16.*float32"):
        reconstruction(model)
