import pytest
import torch

from spatial_mae.models import attention

WAYS = {
    "short": (17, 17),
    "long": (150, 150),
    "several tiles": (600, 700),
    "fewer queries": (100, 150),
}


def plain(queries, keys, values, present):
    """The definition, in float64."""
    queries, keys, values = (part.double() for part in (queries, keys, values))
    scores = queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5
    if present is not None:
        scores = scores.masked_fill(~present[:, None, None, :], -torch.inf)
    return scores.softmax(dim=-1) @ values


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("n_queries", "n_keys"), WAYS.values(), ids=WAYS)
def test_every_way_gives_the_definition_and_its_gradients(n_queries, n_keys, dtype, padded):
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, 3, count, 12) for count in (n_queries, n_keys, n_keys)]
    parts = [torch.randn(shape, generator=generator).to(dtype) for shape in shapes]
    parts = [part.requires_grad_() for part in parts]
    present = torch.arange(n_keys) < torch.tensor([[n_keys], [n_keys // 2]]) if padded else None
    upstream = torch.randn(shapes[0], generator=generator).to(dtype)

    expected = plain(*parts, present)
    expected_gradients = torch.autograd.grad(expected, parts, upstream.double())
    found = attention.attend(*parts, present)
    found_gradients = torch.autograd.grad(found, parts, upstream)

    assert found.dtype == dtype
    tolerance = 1e-5 if dtype == torch.float32 else 0.02
    for ours, theirs in zip(
        (found, *found_gradients), (expected, *expected_gradients), strict=True
    ):
        error = (ours.double() - theirs.double()).abs().max()
        assert error < tolerance * theirs.abs().max()


def test_tiles_hold_whole_heads_and_cover_all():
    parts = [torch.arange(5.0)[:, None, None].expand(5, 800, 12) for _ in range(3)]
    tiles = list(attention._tiles(*parts))
    assert len(tiles) == 5
    assert torch.equal(torch.cat([tile[0] for tile in tiles]), parts[0])


def test_long_attention_keeps_no_weights():
    parts = [torch.randn(1, 4, 200, 8).bfloat16().requires_grad_() for _ in range(3)]
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: kept.append(tensor.numel()), lambda handle: handle
    ):
        attention.attend(*parts)
    assert sum(kept) <= sum(part.numel() for part in parts)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("way", ["fused", "padded", "written_out", "tiled", "float32"])
def test_ways_differ_in_speed_alone(way, masked):
    """`tiled`, which knows no padding, is then left out."""
    generator = torch.Generator().manual_seed(0)
    parts = [torch.randn((2, 3, 9, 12), generator=generator).requires_grad_() for _ in range(3)]
    present = torch.arange(9) < torch.tensor([[9], [5]]) if masked else None
    upstream = torch.randn((2, 3, 9, 12), generator=generator)
    expected = plain(*parts, present)
    gradients = torch.autograd.grad(expected, parts, upstream.double())
    found = attention.attend(*parts, present, way)
    for ours, theirs in zip(
        (found, *torch.autograd.grad(found, parts, upstream)), (expected, *gradients), strict=True
    ):
        torch.testing.assert_close(ours, theirs.float(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("way", ["flash", "padded-flash"])
def test_a_kernel_of_pytorch_can_be_asked_for(way):
    """Flash attention is the one that CPUs have too."""
    parts = [torch.randn(2, 3, 9, 12) for _ in range(3)]
    found = attention.attend(*parts, way=way)
    torch.testing.assert_close(found, plain(*parts, None).float(), rtol=1e-5, atol=1e-5)
