"""A network compared with the linear MAE: one that is linear agrees with it in everything."""

from dataclasses import replace

import pytest
import torch
from toy_comparison import (
    HEIGHT,
    MASKING,
    OWN_PATCHES,
    PIXELS,
    RECIPE,
    WIDTH,
    Affine,
    draw,
    patch_of,
)

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian import comparison
from spatial_mae.jacobian.comparison import compare_linear, hidden_error
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.second_order import second_order_fit


def plain_error(reconstruct, pixels, masks):
    """Mean over the hidden values of all images, one at a time, in units of the deviations."""
    errors = []
    for image, mask in zip(pixels.float() / 255, masks, strict=True):
        with torch.no_grad():
            made = reconstruct(image[None], mask[None])[0]
        for row in range(HEIGHT):
            for column in range(WIDTH):
                if mask[patch_of(row, column)]:
                    for channel, deviation in enumerate((0.15, 0.3)):
                        gap = made[channel, row, column] - image[channel, row, column]
                        errors.append((gap.item() / deviation) ** 2)
    return sum(errors) / len(errors)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
@pytest.mark.parametrize("batch", [250, 3])
def test_errors_on_hidden_pixels(compared, monkeypatch, affine, sampling, batch):
    monkeypatch.setattr(comparison, "BATCH", batch)
    found = compared(affine, masking=Masking(0.5, sampling, False))
    masks, pixels = found.error_masks, found.pixels[: RECIPE.n_errors]
    assert masks.shape == (7, 6) and len(masks.unique(dim=0)) > 3
    assert (masks.sum(dim=1) == 3).all() == (sampling == "exact")
    for name, reconstruct in (
        ("network_error", found.model.reconstruct),
        ("linear_error", found.linear.reconstruct),
    ):
        row = found.measures[name]
        assert row["value"] == pytest.approx(plain_error(reconstruct, pixels, masks), rel=1e-4)
        assert row["value"] > 0.1
        assert (row["n_images"], row["n_masks"]) == (7, 1)
    same = found.measures["network_error"]["value"] == pytest.approx(
        found.measures["linear_error"]["value"], rel=1e-4
    )
    assert same == affine


def test_an_error_of_1_is_that_of_the_mean(linear_network):
    """Images of two grey levels, predicted by the level between them."""
    inner = linear_network()
    network = Network(Affine(inner, torch.zeros(192)), MASKING, "hidden", None, {})
    pixels = torch.zeros(4, 2, HEIGHT, WIDTH, dtype=torch.uint8)
    pixels[:2] = 102  # 0.4
    masks = torch.eye(6, dtype=torch.bool)[:4]
    middle = torch.full((4, 2, HEIGHT, WIDTH), 0.2)
    deviation = torch.tensor([0.2, 0.2], dtype=torch.float64)
    error = hidden_error(lambda images, some: middle, pixels, masks, deviation, network)
    assert error == pytest.approx(1, rel=1e-6)
    error = hidden_error(lambda images, some: middle, pixels, masks, 2 * deviation, network)
    assert error == pytest.approx(1 / 4, rel=1e-6)


def test_an_affine_map_explains_an_affine_network(compared):
    found = compared(affine=True)
    for name, n_inputs in (("one_mask", 96), ("all_masks", 192)):
        row = found.measures[f"explained_{name}"]
        assert row["value"] == pytest.approx(1, abs=1e-3)
        assert (row["n_images"], row["n_train"], row["n_inputs"]) == (300, 210, n_inputs)
        assert row["penalty"] == 1e-9


def test_an_affine_map_explains_a_transformer_in_part(compared):
    """Of images enough that what is left is the network's, not an overfitted map's."""
    found = compared(affine=False, recipe=replace(RECIPE, n_fitted=2500, penalties=(0.1, 1.0)))
    for name in ("one_mask", "all_masks"):
        assert 0.05 < found.measures[f"explained_{name}"]["value"] < 0.9


def test_affine_maps_are_fitted_under_masks_that_hide_the_pixels(compared):
    found = compared(affine=True)
    one, many = found.affine_masks
    for masks in (one, many):
        assert masks.shape[1] == 6
        assert masks[:, list(OWN_PATCHES)].all() and (masks.sum(dim=1) == 3).all()
    assert len(many.unique(dim=0)) == 4


def test_affine_maps_are_of_all_hidden_pixels_or_of_the_chosen(compared, monkeypatch):
    fits = []

    def fit(model, images, masks, outputs, *settings):
        fits.append((images, masks, outputs.tolist(), settings))
        return second_order_fit(model, images, masks, outputs, *settings)

    monkeypatch.setattr(comparison, "second_order_fit", fit)
    found = compared(affine=True)
    (images, mask, outputs, settings), (same_images, masks, few_outputs, same_settings) = fits
    assert torch.equal(mask, found.affine_masks[0][0]) and masks is found.affine_masks[1]
    places = [[row, column] for row in range(HEIGHT) for column in range(WIDTH)]
    assert outputs == [place for place in places if mask[patch_of(*place)]]
    assert few_outputs == list(PIXELS)
    assert settings == same_settings == ((1e-9, 1e-3), 0.1, 0.2)
    # The fitted images, in another order: the held-out ones are the last.
    assert torch.equal(images, same_images) and images.shape == (300, 2, HEIGHT, WIDTH)
    before, after = (draw(300, 9).float() / 255).flatten(1), images.flatten(1)
    assert not torch.equal(before, after)
    assert {tuple(row) for row in before.tolist()} == {tuple(row) for row in after.tolist()}


def test_normalised_targets_are_undone(network, architecture):
    """The network's error then is that of patches with the true mean and deviation."""
    model = network(dtype=torch.float32)
    linear = LinearModel(architecture(), torch.zeros(192, 192).double(), torch.zeros(192).double())
    images, fitted = Images(draw(12, 8), {}), Images(draw(40, 9), {})
    found = {}
    for normalised in (False, True):
        trained = Network(model, Masking(0.5, "exact", normalised), "hidden", 3, {})
        rows = compare_linear(trained, linear, images, fitted, RECIPE, 0)
        found[normalised] = {row["measure"]: row["value"] for row in rows.measures}
        found[normalised]["kernel"] = [row["value"] for row in rows.kernels]
    assert found[True]["linear_error"] == found[False]["linear_error"]
    assert found[True]["network_error"] != pytest.approx(found[False]["network_error"], rel=0.01)
    assert found[True]["kernel"] != found[False]["kernel"]


def test_rows_name_the_network_and_the_images(compared):
    found = compared(affine=True)
    for row in [*found.kernels, *found.measures.values()]:
        fitted = row.get("measure", "").startswith("explained")
        assert (row["dataset"], row["enc"], row["n_masks"]) == ("toy", 2, 1)
        assert row["split"] == ("train" if fitted else "test")
    assert set(found.measures) == {
        "network_error",
        "linear_error",
        "explained_one_mask",
        "explained_all_masks",
    }
    assert len(found.kernels) == 2 * 2 * HEIGHT * WIDTH
    for row in found.kernels:
        assert [row["output_row"], row["output_column"]] == PIXELS[row["output"]]
        assert row["n_images"] == 12


def test_the_seed_decides(compared):
    first, again, other = (compared(affine=False, seed=seed) for seed in (0, 0, 1))
    assert (first.kernels, first.measures) == (again.kernels, again.measures)
    for name, row in first.measures.items():
        assert row["value"] != other.measures[name]["value"]
    assert first.kernels != other.kernels


def test_pixels_that_no_mask_hides_together_and_too_few_images_are_refused(compared):
    with pytest.raises(ValueError, match="name fewer of them, pixels of one mask unit, or raise"):
        compared(affine=True, masking=Masking(1 / 6, "exact", False))
    with pytest.raises(ValueError, match="0 to test; rows must match"):
        compared(affine=True, recipe=replace(RECIPE, test_share=1e-9))
