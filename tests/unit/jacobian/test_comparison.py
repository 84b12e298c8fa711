"""A network compared with the linear MAE: one that is linear agrees with it in everything."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian import comparison
from spatial_mae.jacobian.comparison import compare_linear, grey_response, hidden_error
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.recipe import ComparisonRecipe
from spatial_mae.jacobian.second_order import second_order_fit

PIXELS = ([0, 5], [6, 1])
OWN_PATCHES = (1, 3)  # of the two pixels, of the 2 x 3 patches
RECIPE = ComparisonRecipe(
    linear_centring="centred",
    linear_ridge=0.0,
    linear_flip=False,
    split="test",
    pixels=PIXELS,
    n_images=12,
    n_fitted=300,
    penalties=(1e-9, 1e-3),
    validation_share=0.1,
    test_share=0.2,
    n_errors=7,
)
MASKING = Masking(0.5, "exact", False)
HEIGHT, WIDTH = 8, 12


class Affine(nn.Module):
    """A linear network in a masked autoencoder's clothes: mean + ((x - mean) * visible) W.

    `inner` is the LinearNetwork with W; its deviations of pixels are those of `encoder`.
    """

    def __init__(self, inner, mean):
        super().__init__()
        self.inner, self.mean, self.architecture = inner, mean, inner.architecture
        self.encoder = SimpleNamespace(
            pixel_deviation=torch.tensor([0.15, 0.3]), positions=torch.zeros(1)
        )
        with torch.no_grad():
            inner.offset.zero_()

    def reconstruct(self, images, masks, normalised=False):
        assert not normalised
        mean = self.mean.view(HEIGHT, WIDTH, 2).permute(2, 0, 1)
        return self.inner.reconstruct(images - mean, masks) + mean


def draw(n, seed):
    """uint8 images of independent pixels."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (n, 2, HEIGHT, WIDTH), generator=generator, dtype=torch.uint8)


def noting(function, results):
    """The same function, with its results kept."""

    def noted(*arguments):
        results.append(function(*arguments))
        return results[-1]

    return noted


@pytest.fixture
def compared(linear_network, network, architecture, monkeypatch):
    """Compare a network with a linear model, and note the masks that were drawn for it."""

    def build(affine, recipe=RECIPE, masking=MASKING, seed=0):
        fitted = Images(draw(recipe.n_fitted, 9), {"dataset": "toy", "split": "train"})
        mean = (fitted.pixels.double() / 255).mean(dim=0).permute(1, 2, 0).flatten()
        inner = linear_network()
        model = Affine(inner, mean) if affine else network(dtype=torch.float32)
        linear = LinearModel(architecture(), inner.matrix.detach(), mean)
        images = Images(draw(12, 8), {"dataset": "toy", "split": "test"})
        trained = Network(model, masking, "hidden", 3, {"enc": 2})
        masks = {"hiding_masks": [], "draw_masks": []}
        with monkeypatch.context() as patched:
            for name, drawn in masks.items():
                patched.setattr(comparison, name, noting(getattr(comparison, name), drawn))
            found = compare_linear(trained, linear, images, fitted, recipe, seed)
        hiding = {len(drawn): drawn for drawn in masks["hiding_masks"]}
        assert set(hiding) == {1, recipe.n_fitted, recipe.n_images}
        return SimpleNamespace(
            kernels=found.kernels,
            measures={row["measure"]: row for row in found.measures},
            model=model,
            linear=linear,
            pixels=images.pixels,
            kernel_masks=hiding[recipe.n_images],
            affine_masks=(hiding[1], hiding[recipe.n_fitted]),
            error_masks=masks["draw_masks"][0],
        )

    return build


def chosen(rows, **values):
    return [row for row in rows if all(row.get(k) == v for k, v in values.items())]


def patch_of(row, column):
    return row // 4 * 3 + column // 4


def pictures(found, source, output):
    """Values and errors (H, W) of one output's kernel, NaN where empty."""
    rows = chosen(found.kernels, source=source, output=output)
    assert [(r["row"], r["column"]) for r in rows] == [
        (r, c) for r in range(HEIGHT) for c in range(WIDTH)
    ]
    return tuple(
        torch.tensor(
            [math.nan if row[name] is None else row[name] for row in rows], dtype=torch.float64
        ).view(HEIGHT, WIDTH)
        for name in ("value", "standard_error")
    )


def grey_entries(matrix, output):
    """How the mean of an output's channels moves when both channels of an input do: (H, W)."""
    row, column = PIXELS[output]
    W = matrix.view(HEIGHT, WIDTH, 2, HEIGHT, WIDTH, 2)[:, :, :, row, column]
    return (W[:, :, 0, 0] + W[:, :, 1, 0] + W[:, :, 0, 1] + W[:, :, 1, 1]) / 2


def test_a_linear_network_has_the_mean_kernels_of_the_linear_model(compared):
    found = compared(affine=True)
    assert all(row["similarity"] == pytest.approx(1, abs=1e-9) for row in found.kernels)
    for output in (0, 1):
        expected = grey_entries(found.linear.matrix, output)
        for source in ("network", "linear"):
            values, errors = pictures(found, source, output)
            for row in range(HEIGHT):
                for column in range(WIDTH):
                    if patch_of(row, column) in OWN_PATCHES:
                        assert values[row, column].isnan() and errors[row, column].isnan()
                    else:
                        entry = expected[row, column].item()
                        assert values[row, column].item() == pytest.approx(entry, abs=1e-9)
                        error = errors[row, column].item()
                        assert math.isnan(error) if source == "linear" else error < 1e-9


def test_kernels_are_means_over_the_masks_that_show_an_input(compared):
    found = compared(affine=False)
    assert len(found.kernel_masks.unique(dim=0)) == 4
    outputs = torch.tensor(PIXELS)
    shown_often = set()
    for mask in found.kernel_masks:
        assert mask[list(OWN_PATCHES)].all() and mask.sum() == 3
    of_images = [
        (jacobian(found.model, image, mask, outputs), mask)
        for image, mask in zip(found.pixels.float() / 255, found.kernel_masks, strict=True)
    ]
    for output in (0, 1):
        values, errors = pictures(found, "network", output)
        for row, column in ((0, 0), (3, 3), (7, 11), (0, 11), (5, 6), (7, 7)):
            responses = [
                j.kernels()[output, :, :, row, column].double().sum().item() / 2
                for j, mask in of_images
                if not mask[patch_of(row, column)]
            ]
            shown_often.add(len(responses))
            found_here = torch.tensor(responses, dtype=torch.float64)
            assert values[row, column].item() == pytest.approx(found_here.mean().item(), rel=1e-4)
            error = found_here.std().item() / len(responses) ** 0.5
            assert errors[row, column].item() == pytest.approx(error, rel=1e-3)
            assert abs(found_here.mean().item()) > 1e-4
    assert max(shown_often) < 12


def test_similarity_is_the_cosine_of_mean_jacobian_and_matrix(compared):
    found = compared(affine=False)
    W = found.linear.matrix.view(HEIGHT, WIDTH, 2, HEIGHT, WIDTH, 2)
    outputs = torch.tensor(PIXELS)
    total = torch.zeros(2, 2, 2, HEIGHT, WIDTH, dtype=torch.float64)
    count = torch.zeros(HEIGHT, WIDTH, dtype=torch.float64)
    for image, mask in zip(found.pixels.float() / 255, found.kernel_masks, strict=True):
        of_image = jacobian(found.model, image, mask, outputs)
        total += of_image.kernels().double()
        count += ~of_image.hidden
    shown = count > 0
    for output, (row, column) in enumerate(PIXELS):
        mean = (total[output] / count)[:, :, shown].flatten()
        entries = W[:, :, :, row, column].permute(3, 2, 0, 1)[:, :, shown].flatten()
        expected = (mean @ entries / mean.norm() / entries.norm()).item()
        assert abs(expected) < 0.5
        for source in ("network", "linear"):
            rows = chosen(found.kernels, source=source, output=output)
            assert {row["similarity"] for row in rows} == {rows[0]["similarity"]}
            assert rows[0]["similarity"] == pytest.approx(expected, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("affine", [True, False])
def test_spread_is_the_mean_distance_of_the_mean_kernel(compared, affine):
    found = compared(affine)
    for source in ("network", "linear"):
        for output, place in enumerate(PIXELS):
            rows = chosen(found.kernels, source=source, output=output)
            weights = [(abs(r["value"]), r) for r in rows if r["value"] is not None]
            moment = sum(w * math.dist(place, (r["row"], r["column"])) for w, r in weights)
            expected = moment / sum(w for w, _ in weights)
            assert all(row["spread"] == pytest.approx(expected) for row in rows)


def test_inputs_that_no_mask_shows_are_left_out_of_both_models(compared):
    # Five of six patches hidden, two images: two patches are shown at most.
    recipe = replace(RECIPE, n_images=2)
    found = compared(affine=True, recipe=recipe, masking=Masking(5 / 6, "exact", False))
    shown = {p for mask in found.kernel_masks for p in range(6) if not mask[p]}
    assert 1 <= len(shown) <= 2 and len(found.kernel_masks) == 2
    for row in found.kernels:
        assert (row["value"] is not None) == (patch_of(row["row"], row["column"]) in shown)
        assert row["similarity"] == pytest.approx(1)
        assert row["n_images"] == 2


def test_grey_response_of_known_kernels():
    kernels = torch.arange(24.0).view(1, 2, 3, 2, 2)
    expected = sum(kernels[0, out, into] for out in range(2) for into in range(3)) / 2
    assert torch.equal(grey_response(kernels)[0], expected)


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
