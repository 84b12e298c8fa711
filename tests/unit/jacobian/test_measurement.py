"""Entropy, spread, profiles and histograms of every source, against plain loops."""

import math
import statistics
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.averaging import DistanceProfile
from spatial_mae.jacobian.entropy import spatial_entropy
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.locality import spread
from spatial_mae.jacobian.measurement import measure_jacobian
from spatial_mae.jacobian.recipe import JacobianRecipe

RECIPE = JacobianRecipe(
    powers=(1, 2),
    channels=("sum", "separate"),
    bases=("e", 2),
    normalisations=("no", "visible", "all"),
    linear_centring="centred",
    linear_ridge=0.0,
    linear_flip=False,
    split="test",
    n_images=3,
    n_masks=2,
    outputs="hidden",
    n_outputs=5,
    n_bins=20,
)
N_PIXELS, CHANNELS = 96, 2
EXACT = Masking(0.5, "exact", False)


class Recording(LinearModel):
    """A linear model that notes the masks and output pixels it is asked for."""

    def __init__(self, architecture, seed=3):
        generator = torch.Generator().manual_seed(seed)
        d = N_PIXELS * CHANNELS
        matrix = torch.randn(d, d, generator=generator, dtype=torch.float64)
        super().__init__(architecture, matrix, torch.zeros(d, dtype=torch.float64))
        object.__setattr__(self, "places", [])

    def jacobian(self, mask, outputs):
        self.places.append((mask, outputs))
        return super().jacobian(mask, outputs)


@pytest.fixture
def measured(network, architecture):
    """Measure two networks and a linear model, and note where they were measured."""

    def build(recipe=RECIPE, masking=EXACT, seed=0, sizes=None):
        sizes = sizes or architecture()
        generator = torch.Generator().manual_seed(8)
        shape = (recipe.n_images, CHANNELS, 8, 12)
        pixels = torch.randint(256, shape, generator=generator, dtype=torch.uint8)
        models = {"network": network(sizes), "untrained": network(sizes)}
        with torch.no_grad():
            for parameter in models["untrained"].parameters():
                parameter *= 0.7
        columns = {"mask": masking.mask_ratio, "enc": 2}
        trained, untrained = (
            Network(model, masking, "hidden", epoch, columns)
            for model, epoch in zip(models.values(), (16, 0), strict=True)
        )
        linear = Recording(sizes)
        images = Images(pixels, {"dataset": "toy", "split": "test"})
        found = measure_jacobian(trained, untrained, linear, images, recipe, seed)
        of_image = [
            linear.places[n * recipe.n_masks : (n + 1) * recipe.n_masks]
            for n in range(recipe.n_images)
        ]
        assert len(linear.places) == recipe.n_images * recipe.n_masks
        return SimpleNamespace(
            summary=found.summary,
            profile=found.profile,
            histogram=found.histogram,
            places=of_image,
            models=models,
            linear=linear,
            pixels=pixels,
            masking=masking,
            recipe=recipe,
        )

    return build


def jacobians(measured, source):
    """The Jacobians of each image, one a mask, found one at a time."""
    found = []
    for image, places in zip(measured.pixels.float() / 255, measured.places, strict=True):
        if source == "linear":
            found.append([LinearModel.jacobian(measured.linear, *place) for place in places])
        else:
            normalised = measured.masking.normalise_targets
            model = measured.models[source]
            found.append([jacobian(model, image, *p, normalised=normalised) for p in places])
    return found


def chosen(rows, **values):
    return [row for row in rows if all(row.get(k) == v for k, v in values.items())]


def check_mean(row, per_image, tolerance=1e-5):
    """A row's value and error, from each image's own value."""
    assert row["value"] == pytest.approx(statistics.mean(per_image), rel=tolerance)
    error = statistics.stdev(per_image) / len(per_image) ** 0.5
    assert row["standard_error"] == pytest.approx(error, rel=100 * tolerance, abs=1e-9)


SETTINGS = {
    "hidden pixels, drawn": ({}, EXACT),
    "all hidden pixels": ({"n_outputs": None}, EXACT),
    "all pixels, drawn": ({"outputs": "all", "n_outputs": 9}, EXACT),
    "masks of unlike sizes": ({"n_outputs": None}, Masking(0.4, "bernoulli", False)),
    "normalised targets": ({}, Masking(0.5, "exact", True)),
}


@pytest.fixture
def settings(request, measured):
    changes, masking = SETTINGS[request.param]
    return measured(replace(RECIPE, **changes), masking)


all_settings = pytest.mark.parametrize("settings", list(SETTINGS), indirect=True)
SOURCES = ("network", "untrained", "linear")


@all_settings
def test_entropies_are_means_over_outputs_masks_and_images(settings):
    for source in SOURCES:
        of_images = jacobians(settings, source)
        for c in settings.recipe.all():
            convention = (c.power, c.channels, c.base, c.normalised)
            per_image = [
                statistics.mean(spatial_entropy(j, *convention).mean().item() for j in of_masks)
                for of_masks in of_images
            ]
            (row,) = chosen(settings.summary, source=source, measure="entropy", **vars(c))
            assert 0 < row["value"] < 9
            check_mean(row, per_image)


@all_settings
def test_spreads_are_means_over_outputs_masks_and_images(settings):
    for source in SOURCES:
        of_images = jacobians(settings, source)
        for power, channels in settings.recipe.weightings():
            per_image = [
                statistics.mean(spread(j, power, channels).mean().item() for j in of_masks)
                for of_masks in of_images
            ]
            keys = {"source": source, "measure": "spread", "power": power, "channels": channels}
            (row,) = chosen(settings.summary, **keys)
            assert 1 < row["value"] < 12
            check_mean(row, per_image)


@all_settings
def test_profiles_are_those_of_the_same_jacobians(settings):
    for source in SOURCES:
        of_images = jacobians(settings, source)
        for power in (1, 2):
            for weighting, normalised in (("normalised", True), ("plain", False)):
                profile = DistanceProfile(power, normalised)
                for of_masks in of_images:
                    profile.add(of_masks)
                keys = {"source": source, "power": power, "weighting": weighting}
                rows = chosen(settings.profile, **keys)
                assert len(rows) == len(profile.rows()) > 5
                for row, expected in zip(rows, profile.rows(), strict=True):
                    for name in ("distance", "n_images", "n_pairs"):
                        assert row[name] == expected[name]
                    assert row["mean"] == pytest.approx(expected["mean"], rel=1e-4)
                    error = expected["standard_error"]
                    assert row["standard_error"] == (error and pytest.approx(error, rel=1e-3))


@all_settings
def test_histograms_share_out_the_entropies_of_all_outputs(settings):
    for source in ("network", "linear"):
        of_images = [j for of_masks in jacobians(settings, source) for j in of_masks]
        for c in settings.recipe.all():
            convention = (c.power, c.channels, c.base, c.normalised)
            values = torch.cat([spatial_entropy(j, *convention).flatten() for j in of_images])
            most = N_PIXELS * (CHANNELS if c.channels == "separate" else 1)
            top = math.log(most, 2 if c.base == 2 else math.e) if c.normalised == "no" else 1
            counts, edges = np.histogram(values.numpy(), bins=20, range=(0, top))
            assert counts.sum() == len(values)
            rows = chosen(settings.histogram, source=source, **vars(c))
            assert [row["low"] for row in rows] == pytest.approx(edges[:-1].tolist())
            assert [row["high"] for row in rows] == pytest.approx(edges[1:].tolist())
            shares = (counts / counts.sum()).tolist()
            assert [row["share"] for row in rows] == pytest.approx(shares, abs=1e-12)


@pytest.mark.parametrize("outputs", ["hidden", "all"])
def test_a_histogram_has_the_summary_s_mean(measured, outputs):
    recipe = replace(RECIPE, outputs=outputs)
    found = measured(recipe)
    for source in (*SOURCES, "uniform"):
        for c in recipe.all():
            rows = chosen(found.histogram, source=source, **vars(c))
            assert len(rows) == recipe.n_bins
            assert sum(row["share"] for row in rows) == pytest.approx(1)
            width = rows[0]["high"] - rows[0]["low"]
            mean = sum(row["share"] * (row["low"] + row["high"]) / 2 for row in rows)
            (row,) = chosen(found.summary, source=source, measure="entropy", **vars(c))
            assert row["value"] == pytest.approx(mean, abs=width / 2 + 1e-9)


def test_uniform_is_the_logarithm_of_the_number_of_visible_pixels(measured):
    found = measured()
    visible = N_PIXELS // 2
    expected = {
        ("sum", "e", "no"): math.log(visible),
        ("sum", 2, "no"): math.log2(visible),
        ("separate", "e", "no"): math.log(visible * 2),
        ("sum", "e", "all"): math.log(visible) / math.log(N_PIXELS),
        ("separate", 2, "all"): math.log(visible * 2) / math.log(N_PIXELS * 2),
        ("sum", "e", "visible"): 1,
        ("separate", 2, "visible"): 1,
    }
    for (channels, base, normalised), value in expected.items():
        for power in (1, 2):
            keys = {"power": power, "channels": channels, "base": base, "normalised": normalised}
            (row,) = chosen(found.summary, source="uniform", measure="entropy", **keys)
            assert row["value"] == pytest.approx(value, rel=1e-12)
            assert row["standard_error"] == pytest.approx(0, abs=1e-12)
            for source in SOURCES:
                (other,) = chosen(found.summary, source=source, measure="entropy", **keys)
                assert other["value"] < row["value"]


def test_uniform_reaches_as_far_as_the_visible_pixels_lie(measured):
    found = measured()
    per_image = []
    for places in found.places:
        means = []
        for mask, outputs in places:
            shown = [
                (row, column)
                for row in range(8)
                for column in range(12)
                if not mask[(row // 4) * 3 + column // 4]
            ]
            for place in outputs.tolist():
                means.append(statistics.mean(math.dist(place, other) for other in shown))
        per_image.append(statistics.mean(means))
    rows = chosen(found.summary, source="uniform", measure="spread")
    assert len(rows) == 4
    for row in rows:
        check_mean(row, per_image)


def test_the_linear_model_is_measured_by_its_matrix(measured):
    """Entropy and profile of W, from its entries alone."""
    found = measured()
    W = found.linear.matrix.view(N_PIXELS, 2, N_PIXELS, 2).abs()
    entropies, near = [], []
    for places in found.places:
        values, weights = [], []
        for mask, outputs in places:
            shown = [
                pixel for pixel in range(N_PIXELS) if not mask[pixel // 48 * 3 + pixel % 12 // 4]
            ]
            pairs = []
            for row, column in outputs.tolist():
                sums = [W[pixel, :, row * 12 + column].sum().item() for pixel in shown]
                p = [size / sum(sums) for size in sums]
                values.append(-sum(share * math.log(share) for share in p))
                pairs += [
                    share
                    for pixel, share in zip(shown, p, strict=True)
                    if round(math.dist((row, column), divmod(pixel, 12))) == 4
                ]
            weights.append(statistics.mean(pairs))
        entropies.append(statistics.mean(values))
        near.append(statistics.mean(weights))
    first = vars(next(RECIPE.all()))
    (row,) = chosen(found.summary, source="linear", measure="entropy", **first)
    check_mean(row, entropies, 1e-9)
    keys = {"source": "linear", "power": 1, "weighting": "normalised", "distance": 4}
    (row,) = chosen(found.profile, **keys)
    assert row["mean"] == pytest.approx(statistics.mean(near), rel=1e-9)


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


@pytest.mark.parametrize(
    ("changes", "n_outputs"),
    [
        ({}, 3 * 2 * 5),
        ({"n_outputs": None}, 3 * 2 * 48),
        ({"n_outputs": 1000, "n_masks": 1}, 3 * 48),
        ({"n_outputs": None, "outputs": "all"}, 3 * 2 * 96),
    ],
)
def test_rows_count_the_output_pixels(measured, changes, n_outputs):
    recipe = replace(RECIPE, powers=(1,), channels=("sum",), bases=("e",), **changes)
    found = measured(recipe)
    for row in found.summary + found.histogram:
        assert row["n_outputs"] == n_outputs
        assert row["n_images"] == 3
    for row in found.summary + found.histogram + found.profile:
        assert (row["n_masks"], row["outputs"]) == (recipe.n_masks, recipe.outputs)
    visible_pairs = n_outputs * 48
    for weighting in ("normalised", "plain"):
        rows = chosen(found.profile, source="network", weighting=weighting)
        assert sum(row["n_pairs"] for row in rows) == visible_pairs


def test_rows_name_what_was_measured(measured):
    found = measured()
    named = {"dataset": "toy", "split": "test", "mask": 0.5, "enc": 2}
    epochs = {"network": 16, "untrained": 0, "linear": None, "uniform": None}
    for table in (found.summary, found.profile, found.histogram):
        assert list(dict.fromkeys(row["source"] for row in table)) == list(epochs)
        for row in table:
            assert named.items() <= row.items()
            assert row["epoch"] == epochs[row["source"]]
    for source in epochs:
        rows = chosen(found.summary, source=source, measure="entropy")
        first = rows[0]
        assert (first["power"], first["channels"]) == (1, "sum")
        assert (first["base"], first["normalised"]) == ("e", "no")
        assert len(rows) == 2 * 2 * 2 * 3
        assert len(chosen(found.summary, source=source)) == len(rows) + 4


def test_what_is_not_given_has_no_rows(network):
    images = Images(torch.zeros(1, 2, 8, 12, dtype=torch.uint8), {})
    alone = Network(network(), EXACT, "hidden", None, {})
    found = measure_jacobian(alone, None, None, images, replace(RECIPE, n_images=1), 0)
    for table in (found.summary, found.profile, found.histogram):
        assert {row["source"] for row in table} == {"network", "uniform"}


def test_one_image_has_no_standard_error(measured):
    found = measured(replace(RECIPE, n_images=1))
    for row in found.summary + found.profile:
        assert row["standard_error"] is None
    assert all(row["value"] > 0 for row in found.summary)


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
