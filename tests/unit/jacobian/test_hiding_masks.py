"""Masks that hide some pixels: the network's own law, given that they do."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest
import torch

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.inputs import Network, hiding_masks
from spatial_mae.models.architecture import Architecture, Backbone

GREY = Architecture(8, 12, 1, 2, 2, 2, 1, Backbone(16, 2, 8, 2, 2.0, True))


def masked(mask_ratio, sampling, **changes):
    """A network of which only the sizes and the law of its masks matter."""
    model = SimpleNamespace(architecture=replace(GREY, **changes))
    return Network(model, Masking(mask_ratio, sampling, False), "hidden", None, {})


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
@pytest.mark.parametrize("sizes", [{"patch_size": 2, "unit": 2}, {"patch_size": 2, "unit": 1}])
def test_every_mask_hides_all_the_pixels(sampling, sizes):
    network, pixels = masked(0.5, sampling, **sizes), [[7, 0], (1, 11), [0, 10]]
    masks = hiding_masks(generator(), 200, network, pixels)
    assert masks.shape == (200, 24) and masks.dtype == torch.bool
    for row, column in pixels:
        assert masks[:, (row // 2) * 6 + column // 2].all()
    assert not masks.all(dim=1).any()
    assert len(masks.unique(dim=0)) >= 4


def test_exact_masks_are_uniform_among_those_that_hide_the_pixels():
    network = masked(0.5, "exact", patch_size=4, unit=1)
    masks = hiding_masks(generator(), 4000, network, [[5, 9], [0, 0]])
    patterns, counts = masks.unique(dim=0, return_counts=True)
    # Patches 0 and 5 of 2 x 3 and any one of the four others.
    assert {tuple(pattern.nonzero().flatten().tolist()) for pattern in patterns} == {
        (0, 1, 5),
        (0, 2, 5),
        (0, 3, 5),
        (0, 4, 5),
    }
    chi_square = ((counts - 1000.0).square() / 1000).sum().item()
    assert chi_square < 22  # exceeded once in 15,000 times, three degrees of freedom


def test_bernoulli_masks_have_their_law_given_that_they_hide_the_pixel():
    network = masked(0.4, "bernoulli", width_pixels=8, patch_size=4, unit=1)
    n = 6000
    masks = hiding_masks(generator(), n, network, [[2, 6]])
    chances = {}
    for mask in product([False, True], repeat=4):
        chance = 0.4 ** sum(mask) * 0.6 ** (4 - sum(mask))
        if all(mask):  # one patch at random is shown
            for shown in range(4):
                key = tuple(patch != shown for patch in range(4))
                chances[key] = chances.get(key, 0) + chance / 4
        else:
            chances[mask] = chances.get(mask, 0) + chance
    hiding = {mask: chance for mask, chance in chances.items() if mask[1]}
    found = [tuple(mask) for mask in masks.tolist()]
    assert set(found) == set(hiding) and len(hiding) == 7
    for mask, chance in hiding.items():
        share = chance / sum(hiding.values())
        deviation = (share * (1 - share) / n) ** 0.5
        assert found.count(mask) / n == pytest.approx(share, abs=4.5 * deviation)


def test_pixels_of_one_mask_unit_ask_for_no_more_than_one_of_them():
    network = masked(0.2, "exact")  # hides one unit of 4 x 4 pixels, of six
    alone = hiding_masks(generator(), 20, network, [[5, 6]])
    together = hiding_masks(generator(), 20, network, [[5, 6], [4, 4], [7, 7]])
    assert torch.equal(alone, together)
    hidden = {(row, column) for row in (2, 3) for column in (2, 3)}
    for mask in alone:
        assert {tuple(place) for place in mask.view(4, 6).nonzero().tolist()} == hidden


def test_masks_follow_the_generator():
    network, pixels = masked(0.5, "exact", unit=1), [[0, 0]]
    first, again, other = (hiding_masks(generator(s), 50, network, pixels) for s in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_pixels_that_are_never_hidden_together_are_refused():
    message = (
        r"only 0 of 100000 masks with ratio 0.2 hide all of the output pixels "
        r"\[\[0, 0\], \[0, 4\]\]; name fewer of them, pixels of one mask unit, or raise the"
    )
    with pytest.raises(ValueError, match=message):
        hiding_masks(generator(), 1, masked(0.2, "exact"), [[0, 0], [0, 4]])


@pytest.mark.parametrize("pixel", [[8, 0], [0, 12], [-1, 3]])
def test_a_pixel_outside_the_image_is_refused(pixel):
    message = rf"\({pixel[0]}, {pixel[1]}\) is outside the image; rows go from 0 to 7, columns"
    with pytest.raises(ValueError, match=message):
        hiding_masks(generator(), 1, masked(0.5, "exact"), [[0, 0], pixel])
