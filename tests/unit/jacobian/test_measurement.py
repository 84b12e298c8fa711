"""Entropy, spread, profiles and histograms of every source, against plain loops."""

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
import torch
from jacobian_rows import chosen
from toy_measurement import CHANNELS, EXACT, N_PIXELS, RECIPE, SOURCES

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.averaging import DistanceProfile
from spatial_mae.jacobian.entropy import spatial_entropy
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.locality import spread


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
