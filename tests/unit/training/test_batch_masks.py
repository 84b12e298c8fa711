"""Masks of pretraining's batches, with one mask ratio and with a range of them."""

import json

import numpy as np
import pytest
import torch
from toy_training import PRETRAINING

from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.study.recipes import load
from spatial_mae.training.batch_masks import BatchMasks
from spatial_mae.training.compiling import Switchable
from spatial_mae.training.randomness import generator_for
from spatial_mae.training.recipe import PretrainingRecipe

BACKBONE = Backbone(width=8, encoder_heads=2, decoder_width=8, decoder_heads=2, mlp_ratio=1.0)
SIZES = Architecture(16, 16, 1, 2, 1, 1, 1, BACKBONE)  # 64 units


def batch_masks(mask_ratio=0.5, seed=0, **changes):
    recipe = load(PretrainingRecipe, json.dumps(PRETRAINING | changes))
    return BatchMasks(SIZES, mask_ratio, recipe, seed)


@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
def test_without_a_range_masks_are_those_of_the_run_s_mask_ratio(sampling):
    found = batch_masks(0.3, seed=3, sampling=sampling).of(9, 2, 5)
    expected = draw_masks(generator_for(3, 2, 5, "masks"), 9, SIZES, 0.3, sampling)
    assert torch.equal(found, expected)


def test_the_number_of_visible_patches_is_known_where_it_is_fixed():
    assert batch_masks(0.3).n_visible == 64 - round(0.3 * 64)
    assert batch_masks(0.3, sampling="bernoulli").n_visible is None
    assert batch_masks(0.3, mask_half_width=0.1).n_visible is None


def test_all_images_of_a_batch_hide_as_many_units_and_batches_differ():
    masks = batch_masks(0.5, mask_half_width=0.4)
    counts = [masks.of(6, 1, step).sum(dim=1) for step in range(20)]
    assert all((count == count[0]).all() for count in counts)
    assert len({int(count[0]) for count in counts}) > 5


def test_mask_ratios_are_uniform_over_the_range():
    masks = batch_masks(0.575, mask_half_width=0.325)
    ratios = np.array([masks.ratio(1, step) for step in range(4000)])
    assert ratios.min() >= 0.25 and ratios.max() <= 0.9
    below = np.array([(ratios < 0.25 + share * 0.65).mean() for share in (0.1, 0.3, 0.5, 0.9)])
    assert below == pytest.approx([0.1, 0.3, 0.5, 0.9], abs=0.03)


def test_extreme_ratios_hide_a_unit_and_show_one():
    masks = batch_masks(0.5, mask_half_width=0.5 - 1 / 64)
    counts = {int(masks.of(2, 0, step).sum(dim=1)[0]) for step in range(600)}
    assert min(counts) == 1 and max(counts) == 63


def test_the_ratio_follows_from_seed_epoch_and_step_whatever_was_drawn_before():
    masks, again = (batch_masks(mask_half_width=0.4) for _ in range(2))
    drawn = [masks.of(4, 1, step) for step in range(5)]
    for step in (4, 1, 3):
        assert torch.equal(again.of(4, 1, step), drawn[step])
    assert again.ratio(1, 3) != again.ratio(2, 3) != again.ratio(2, 4)
    assert again.ratio(1, 3) != batch_masks(seed=1, mask_half_width=0.4).ratio(1, 3)


def test_a_compiled_loss_is_not_compiled_for_each_count(monkeypatch):
    graphs, compile_ = [], torch.compile

    def note(graph, inputs):
        graphs.append(graph)
        return graph.forward

    monkeypatch.setattr(
        torch, "compile", lambda function, **options: compile_(function, backend=note, **options)
    )
    torch._dynamo.reset()
    masks = batch_masks(mask_half_width=0.4)
    network = MaskedAutoencoder(SIZES, generator=torch.Generator().manual_seed(0))
    loss = Switchable(network, "loss", fixed=masks.recipe.fixed_count)
    loss.use("compiled")
    images, made, counts = torch.rand(4, 1, 16, 16), [], set()
    for step in range(12):
        drawn = masks.of(4, 1, step)
        counts.add(int(drawn[0].sum()))
        assert loss(images, drawn, "hidden", False, 0, masks.n_visible).isfinite()
        made.append(len(graphs))
    assert loss.mode == "compiled" and len(counts) > 8
    assert made[-1] == made[2]
