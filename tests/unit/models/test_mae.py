import pytest
import torch
import torch.nn.functional as F

from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks, inner_pixels

SAMPLINGS = ("exact", "bernoulli")


def draw(sizes, n: int, sampling: str, mask_ratio: float = 0.5, seed: int = 3) -> torch.Tensor:
    return draw_masks(torch.Generator().manual_seed(seed), n, sizes, mask_ratio, sampling)


def plain_attention(layer, tokens):
    """Softmax attention head by head."""
    width = tokens.shape[-1]
    queries, keys, values = (tokens @ layer.qkv.weight.T + layer.qkv.bias).split(width, dim=-1)
    size = width // layer.heads
    read = []
    for head in range(layer.heads):
        part = slice(head * size, (head + 1) * size)
        scores = queries[..., part] @ keys[..., part].transpose(-1, -2) / size**0.5
        read.append(scores.softmax(dim=-1) @ values[..., part])
    return torch.cat(read, dim=-1) @ layer.projection.weight.T + layer.projection.bias


def plain_block(block, tokens):
    width = (tokens.shape[-1],)
    norm, after = block.attention_norm, block.mlp_norm
    inputs = F.layer_norm(tokens, width, norm.weight, norm.bias, 1e-6)
    tokens = tokens + plain_attention(block.attention, inputs)
    inputs = F.layer_norm(tokens, width, after.weight, after.bias, 1e-6)
    hidden = F.gelu(inputs @ block.mlp.expand.weight.T + block.mlp.expand.bias)
    return tokens + hidden @ block.mlp.contract.weight.T + block.mlp.contract.bias


def plain_patches(encoder, image):
    """Standardised patches of one image (C, H, W), cut out one by one."""
    standard = (image - encoder.pixel_mean[:, None, None]) / encoder.pixel_deviation[:, None, None]
    p = encoder.architecture.patch_size
    rows, columns = encoder.architecture.grid
    cuts = [
        standard[:, p * row : p * row + p, p * column : p * column + p].permute(1, 2, 0).flatten()
        for row in range(rows)
        for column in range(columns)
    ]
    return torch.stack(cuts)


def plain_encoder(encoder, image, mask):
    """Tokens of one image: embed all patches, drop the hidden ones, run the blocks."""
    embedding = encoder.patch_embedding
    tokens = plain_patches(encoder, image) @ embedding.weight.T + embedding.bias
    tokens = (tokens + encoder.positions)[~mask]
    if encoder.class_token is not None:
        tokens = torch.cat([encoder.class_token[None], tokens])
    for block in encoder.blocks:
        tokens = plain_block(block, tokens)
    norm = encoder.norm
    return F.layer_norm(tokens, (tokens.shape[-1],), norm.weight, norm.bias, 1e-6)


def plain_predictions(model, image, mask):
    """Predicted patches (P, p * p * C) of one image, decoded in the patches' own order."""
    decoder, extra = model.decoder, model.encoder.n_extra
    tokens = plain_encoder(model.encoder, image, mask)
    tokens = tokens @ decoder.embedding.weight.T + decoder.embedding.bias
    grid = decoder.mask_token.repeat(len(mask), 1)
    grid[~mask] = tokens[extra:]
    tokens = torch.cat([tokens[:extra], grid + decoder.positions])
    for block in decoder.blocks:
        tokens = plain_block(block, tokens)
    norm = decoder.norm
    tokens = F.layer_norm(tokens, (tokens.shape[-1],), norm.weight, norm.bias, 1e-6)
    return tokens[extra:] @ decoder.head.weight.T + decoder.head.bias


def plain_loss(model, images, masks, loss_on, normalise_targets, inner=None):
    """inner: bool (N, P, p * p), pixels that count; without it, whole patches do."""
    total, count = 0.0, 0
    for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
        targets = plain_patches(model.encoder, image)
        if normalise_targets:
            spread = (targets.var(dim=1, keepdim=True) + 1e-6).sqrt()
            targets = (targets - targets.mean(dim=1, keepdim=True)) / spread
        errors = (plain_predictions(model, image, mask) - targets).square()
        if inner is not None:
            channels = model.architecture.channels
            of_values = inner[number].repeat_interleave(channels, dim=1)
            total, count = total + errors[of_values].sum(), count + of_values.sum()
            continue
        errors = errors.mean(dim=1)
        counted = mask if loss_on == "hidden" else torch.ones_like(mask)
        total, count = total + errors[counted].sum(), count + counted.sum()
    return total / count


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("normalise_targets", [False, True])
@pytest.mark.parametrize("loss_on", ["hidden", "all"])
@pytest.mark.parametrize(
    "changes",
    [{}, {"class_token": False}, {"unit": 2}, {"width_pixels": 32, "channels": 1}],
    ids=["square", "no class token", "units", "wide gray"],
)
def test_the_loss_and_its_gradients_equal_one_image_at_a_time(
    autoencoder, images, changes, loss_on, normalise_targets, sampling
):
    model = autoencoder(**changes)
    batch = images(model.architecture)
    masks = draw(model.architecture, len(batch), sampling)
    if sampling == "bernoulli":
        assert len(set(masks.sum(dim=1).tolist())) > 1
    plain = plain_loss(model, batch, masks, loss_on, normalise_targets)
    expected = torch.autograd.grad(plain, list(model.parameters()))
    loss = model.loss(batch, masks, loss_on, normalise_targets)
    found = torch.autograd.grad(loss, list(model.parameters()))
    torch.testing.assert_close(loss, plain, rtol=1e-5, atol=0)
    for (name, _), ours, theirs in zip(model.named_parameters(), found, expected, strict=True):
        scale = theirs.abs().max().item()
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4 * scale, msg=name)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("normalise_targets", [False, True])
@pytest.mark.parametrize("changes", [{"unit": 2}, {"width_pixels": 32, "channels": 1}])
def test_the_loss_beyond_a_boundary_and_its_gradients_equal_pixel_by_pixel(
    autoencoder, images, changes, normalise_targets, sampling
):
    model = autoencoder(**changes)
    batch = images(model.architecture)
    masks = draw(model.architecture, len(batch), sampling, 0.75)
    inner = inner_pixels(masks, model.architecture, 2)
    plain = plain_loss(model, batch, masks, "hidden", normalise_targets, inner)
    expected = torch.autograd.grad(plain, list(model.parameters()))
    loss = model.loss(batch, masks, "hidden", normalise_targets, 2)
    found = torch.autograd.grad(loss, list(model.parameters()))
    torch.testing.assert_close(loss, plain, rtol=1e-5, atol=0)
    assert not torch.isclose(loss, model.loss(batch, masks, "hidden", normalise_targets), rtol=1e-4)
    for (name, _), ours, theirs in zip(model.named_parameters(), found, expected, strict=True):
        scale = theirs.abs().max().item()
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4 * scale, msg=name)


def test_a_boundary_of_nothing_is_the_plain_loss_and_one_of_all_leaves_none(autoencoder, images):
    model = autoencoder()
    batch = images(model.architecture)
    masks = draw(model.architecture, len(batch), "bernoulli")
    assert torch.equal(model.loss(batch, masks, boundary_width=0), model.loss(batch, masks))
    assert model.loss(batch, masks, boundary_width=16).item() == 0


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_predictions_are_of_all_patches_in_their_own_order(autoencoder, images, sampling):
    model = autoencoder()
    batch = images(model.architecture)
    masks = draw(model.architecture, len(batch), sampling)
    expected = [plain_predictions(model, i, m) for i, m in zip(batch, masks, strict=True)]
    torch.testing.assert_close(model(batch, masks), torch.stack(expected), rtol=1e-4, atol=1e-4)


def test_padding_never_reaches_a_real_token(autoencoder, images):
    model = autoencoder()
    batch = images(model.architecture)
    masks = draw(model.architecture, len(batch), "bernoulli")
    encoded = model.encode(batch, masks)
    for image, mask, tokens in zip(batch, masks, encoded, strict=True):
        expected = plain_encoder(model.encoder, image, mask)
        torch.testing.assert_close(tokens[: len(expected)], expected, rtol=1e-4, atol=1e-4)


def test_the_unmasked_encoder_is_a_plain_vision_transformer(autoencoder, images):
    model = autoencoder()
    batch = images(model.architecture)
    nothing = torch.zeros(model.architecture.n_patches, dtype=torch.bool)
    expected = torch.stack([plain_encoder(model.encoder, image, nothing) for image in batch])
    torch.testing.assert_close(model.encode(batch), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(model.encoder(batch), expected, rtol=1e-4, atol=1e-4)
    layers = model.encoder.layers(batch)
    assert len(layers) == model.architecture.encoder_depth + 1
    torch.testing.assert_close(model.encoder.normalise(layers[-1]), expected, rtol=1e-4, atol=1e-4)


def test_an_image_with_nothing_hidden_adds_nothing_to_the_loss(autoencoder, images):
    model = autoencoder()
    batch = images(model.architecture, 2)
    masks = draw(model.architecture, 2, "exact")
    masks[1] = False
    torch.testing.assert_close(model.loss(batch, masks), model.loss(batch[:1], masks[:1]))
    assert model.loss(batch[1:], masks[1:]).item() == 0


@pytest.mark.parametrize("normalised", [False, True])
def test_reconstructions_are_images_in_their_own_units(autoencoder, images, normalised):
    model = autoencoder()
    encoder, batch = model.encoder, images(model.architecture)
    masks = draw(model.architecture, len(batch), "exact")
    pictures = model.reconstruct(batch, masks, normalised=normalised)
    assert pictures.shape == batch.shape
    patches = torch.stack([plain_patches(encoder, picture) for picture in pictures])
    expected = model(batch, masks)
    if normalised:
        true = torch.stack([plain_patches(encoder, image) for image in batch])
        spread = (true.var(dim=2, keepdim=True) + 1e-6).sqrt()
        expected = expected * spread + true.mean(dim=2, keepdim=True)
    torch.testing.assert_close(patches, expected, rtol=1e-4, atol=1e-4)


def test_patches_and_images_are_one_another_s_inverse(autoencoder, images):
    model = autoencoder(width_pixels=32)
    batch = images(model.architecture)
    patches = model.patchify(batch)
    torch.testing.assert_close(patches[0], plain_patches(model.encoder, batch[0]))
    torch.testing.assert_close(model.unpatchify(patches), model.encoder.standardise(batch))


def test_a_seed_gives_one_network_as_he_et_al_start_it(architecture):
    first, same, other = (
        MaskedAutoencoder(architecture(), generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    for (name, a), b, c in zip(
        first.named_parameters(), same.parameters(), other.parameters(), strict=True
    ):
        assert torch.equal(a, b)
        if name.endswith("norm.weight"):
            assert (a == 1).all()
        elif a.ndim == 1 and not name.endswith("_token"):
            assert not a.any()
        else:
            assert not torch.equal(a, c)
        if a.ndim == 2:
            bound = (6 / sum(a.shape)) ** 0.5
            assert 0.9 * bound < a.abs().max() <= bound


def test_wrong_requests_are_refused(autoencoder, architecture, images):
    model = autoencoder()
    batch = images(model.architecture)
    masks = draw(model.architecture, len(batch), "exact")
    with pytest.raises(ValueError, match="loss_on 'visible' is unknown"):
        model.loss(batch, masks, "visible")
    with pytest.raises(ValueError, match="boundary_width 1: the loss on all patches has none"):
        model.loss(batch, masks, "all", boundary_width=1)
    with pytest.raises(ValueError, match=r"images of shape \(4, 3, 8, 16\) do not fit"):
        model.loss(batch[:, :, :8], masks)
    with pytest.raises(ValueError, match="decoder depth 0: a masked autoencoder needs a decoder"):
        MaskedAutoencoder(architecture(decoder_depth=0))
    with pytest.raises(ValueError, match=r"statistics of shape \(1,\); expected \(3,\)"):
        MaskedAutoencoder(architecture(), torch.zeros(1), torch.ones(1))
    gray = autoencoder(patch_size=1, channels=1)
    points = images(gray.architecture, 1)
    with pytest.raises(ValueError, match="patches of one value have no deviation"):
        gray.loss(points, draw(gray.architecture, 1, "exact"), normalise_targets=True)


@pytest.mark.parametrize("choices", [("hidden", False, 0), ("hidden", True, 1), ("all", True, 0)])
def test_with_exact_sampling_the_loss_is_one_graph(autoencoder, choices):
    """Compiled without a break; its gradients are those of the plain loss, bit for bit."""
    model = autoencoder(encoder_depth=1, decoder_depth=1)
    sizes = model.architecture
    images = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    masks = draw(sizes, 4, "exact")
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    compiled = torch.compile(model.loss, backend="aot_eager", dynamic=False, fullgraph=True)
    found = []
    for loss in (model.loss, compiled):
        model.zero_grad()
        value = loss(images, masks, *choices, sizes.n_visible(0.5))
        value.backward()
        found.append([value.detach(), *(p.grad for p in model.parameters())])
    assert all(torch.equal(plain, fast) for plain, fast in zip(*found, strict=True))
    assert not torch._dynamo.utils.counters["graph_break"]
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
