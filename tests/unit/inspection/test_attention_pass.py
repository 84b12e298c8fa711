"""Numbers and maps of attention over a pass, for weights that are known."""

import pytest
import torch

from spatial_mae.inspection import attention_pass
from spatial_mae.inspection.attention import attention_weights, over_patches
from spatial_mae.inspection.attention_pass import AttentionPass
from spatial_mae.training.loader import load_images

CHOSEN = 5  # the patch of pixel (5, 9) among 2 x 3 of 4 pixels


@pytest.fixture
def passed(model, recipe):
    """Pass two batches of images through an encoder, after `change` of it."""

    def call(change=lambda encoder: None, class_token=True, **changes):
        encoder = model(class_token=class_token).encoder
        change(encoder)
        found = AttentionPass(encoder, recipe(**changes))
        images = torch.rand(5, 3, 8, 12, generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            for batch in images.split(3):
                found.add(batch, encoder.layers(batch))
        return found

    return call


def look_everywhere(encoder):
    """Queries of 0: every token weighs alike."""
    with torch.no_grad():
        for block in encoder.blocks:
            block.attention.qkv.weight[:16] = 0
            block.attention.qkv.bias[:16] = 0


def test_attention_to_all_patches_alike_has_the_uniform_numbers(passed):
    rows = passed(look_everywhere).rows()
    assert len(rows) == 5 * 2 * 3  # measures, blocks, two heads and their mean
    for row in rows:
        assert row["value"] == pytest.approx(row["uniform"], rel=1e-5)
        assert row["n_test"] == 5
    distances = {r["query"]: r["uniform"] for r in rows if r["metric"] == "distance"}
    centre = (0 + 4 + 8 + 4 + 32**0.5 + 80**0.5) / 6
    middle = (0 + 4 + 4 + 4 + 2 * 32**0.5) / 6
    assert distances["chosen"] == pytest.approx(centre)
    assert distances["patches"] == pytest.approx((4 * centre + 2 * middle) / 6)


def test_the_mean_over_heads_is_theirs_and_alone_has_an_error(passed):
    rows = passed().rows()
    one = [r for r in rows if (r["query"], r["metric"], r["block"]) == ("chosen", "distance", 2)]
    mean, *heads = one
    assert (mean["head"], [row["head"] for row in heads]) == (None, [1, 2])
    assert mean["value"] == pytest.approx(sum(row["value"] for row in heads) / 2)
    assert mean["standard_error"] > 0
    assert {row["standard_error"] for row in heads} == {None}


def test_without_a_class_token_there_is_none_to_ask(passed):
    found = passed(class_token=False)
    assert {row["query"] for row in found.rows()} == {"chosen", "patches"}
    assert {row["source"] for row in found.maps()} == {"image", "chosen"}


def test_pieces_of_a_batch_give_the_same(passed, monkeypatch):
    whole = passed()
    monkeypatch.setattr(attention_pass, "WEIGHTS", 1)
    pieces = passed()
    assert pieces.maps() == whole.maps()
    for ours, theirs in zip(pieces.rows(), whole.rows(), strict=True):
        assert ours["value"] == pytest.approx(theirs["value"], rel=1e-5)


def test_maps_are_the_last_blocks_weights(inspected, model, dataset):
    rows = inspected().maps
    encoder = model(3).encoder
    images = load_images(dataset, "test", None)[:2].float() / 255
    with torch.inference_mode():
        weights = attention_weights(encoder.blocks[1], encoder.layers(images)[1])
        shares = over_patches(weights, 1)
    for image in (0, 1):
        expected = {
            ("class_token", "mean"): shares[image, :, 0].mean(dim=0),
            ("class_token", "first"): shares[image, 0, 0],
            ("chosen", "mean"): shares[image, :, 1 + CHOSEN].mean(dim=0),
            ("chosen", "first"): shares[image, 0, 1 + CHOSEN],
        }
        for (source, head), wanted in expected.items():
            one = [
                row
                for row in rows
                if (row["image"], row["source"], row.get("head")) == (image, source, head)
            ]
            assert [r["weight"] for r in one] == pytest.approx(wanted.tolist(), abs=1e-5)
            assert [(r["row"], r["column"]) for r in one if r["chosen"]] == [(4, 8)]
            assert sum(r["weight"] for r in one if r["kept"]) >= 0.6 - 1e-5
    pixels = [row for row in rows if row["source"] == "image"]
    assert len(pixels) == 2 * 8 * 12
    assert pixels[0]["original_2"] == pytest.approx(images[0, 2, 0, 0].item(), abs=1e-4)


def test_attention_is_left_out_where_it_is_not_wanted(inspected):
    found = inspected(attention=False)
    assert found.attention == found.maps == []
    assert found.unmasked


def test_a_pixel_outside_the_images_is_refused(inspected):
    with pytest.raises(ValueError, match=r"pixel \[8, 0\].*outside images of 8 x 12"):
        inspected(pixel=[8, 0])
