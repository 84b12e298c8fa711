"""Masks and output pixels at which Jacobians are measured: how they are drawn."""

from dataclasses import replace

import pytest
import torch
from jacobian_rows import chosen
from toy_measurement import RECIPE, SOURCES


@pytest.mark.parametrize("outputs", ["hidden", "all"])
def test_output_pixels_are_drawn_anew_for_each_mask(measured, outputs):
    recipe = replace(RECIPE, outputs=outputs, n_outputs=40, n_masks=4)
    found = measured(recipe)
    places = [place for of_image in found.places for place in of_image]
    assert len({tuple(mask.tolist()) for mask, _ in places}) > 5
    assert len({tuple(map(tuple, some.tolist())) for _, some in places}) == len(places)
    hidden = 0
    for mask, some in places:
        assert int(mask.sum()) == 3
        assert len({tuple(place) for place in some.tolist()}) == len(some) == 40
        under = mask[some[:, 0] // 4 * 3 + some[:, 1] // 4]
        assert outputs == "all" or under.all()
        hidden += int(under.sum())
    if outputs == "all":
        n = 40 * len(places)
        assert hidden / n == pytest.approx(0.5, abs=4 * 0.5 / n**0.5)


def test_masks_of_whole_units(measured, architecture):
    found = measured(sizes=architecture(patch_size=2, unit=2))
    for places in found.places:
        for mask, _ in places:
            units = mask.view(2, 2, 3, 2).transpose(1, 2).reshape(6, 4)
            assert (units.all(dim=1) | ~units.any(dim=1)).all() and units.any(dim=1).sum() == 3


def test_the_seed_decides(measured):
    first, again, other = (measured(seed=seed) for seed in (0, 0, 1))
    for table in ("summary", "profile", "histogram"):
        assert getattr(first, table) == getattr(again, table)
        assert getattr(first, table) != getattr(other, table)
    for source in SOURCES:
        keys = {"source": source, "measure": "spread", "power": 1, "channels": "sum"}
        (one,), (two,) = (chosen(found.summary, **keys) for found in (first, other))
        assert one["value"] != two["value"]


def test_an_image_keeps_its_masks_when_more_images_follow(measured):
    few, more = (measured(replace(RECIPE, n_images=n)) for n in (2, 3))
    for first, second in zip(few.places, more.places, strict=False):
        for (mask, outputs), (same_mask, same_outputs) in zip(first, second, strict=True):
            assert torch.equal(mask, same_mask) and torch.equal(outputs, same_outputs)
