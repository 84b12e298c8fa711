"""Held-out R^2: targets with a known answer, and scikit-learn as the oracle of both readouts."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge

from spatial_mae.identifiability.recipe import RecoveryRecipe
from spatial_mae.identifiability.regression import MEDIAN_OF, Sample, held_out_r_squared

RECIPE = RecoveryRecipe(
    n_fitted=400,
    n_test=200,
    n_masks=1,
    representations=("mean",),
    readouts=("linear", "kernel"),
    penalties=(1e-5, 0.1, 100.0),
    bandwidths=(0.5, 1.0),
    validation_share=0.25,
)


def drawn(n, seed):
    """Features, and targets: linear in them, an invertible bend of them, and pure noise."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, 3)) @ np.diag([1.0, 5.0, 0.2]) + 7
    linear = features @ np.array([[2.0], [-1.0], [3.0]]) + 4
    bent = np.sin(3 * features[:, :1]) + 0.2 * features[:, :1]
    noise = rng.standard_normal((n, 1))
    return Sample(features, np.hstack([linear, bent, noise]))


@pytest.mark.parametrize("readout", ["linear", "kernel"])
def test_known_answers(readout):
    linear, bent, noise = held_out_r_squared(drawn(400, 0), drawn(200, 1), readout, RECIPE)
    assert linear > 0.97
    assert bent > 0.8 if readout == "kernel" else bent < 0.3
    assert abs(noise) < 0.05


@pytest.mark.parametrize("readout", ["linear", "kernel"])
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_features_that_are_the_same_in_all_images_tell_nothing(readout, value):
    train, test = (Sample(np.full((n, 3), value), drawn(n, 0).targets) for n in (400, 200))
    assert (np.abs(held_out_r_squared(train, test, readout, RECIPE)) < 0.05).all()


@pytest.mark.parametrize("readout", ["linear", "kernel"])
def test_one_setting_equals_scikit_learn(readout):
    recipe = RecoveryRecipe(400, 200, 1, ("mean",), (readout,), (0.03,), (0.7,), 0.25)
    train, test = drawn(400, 0), drawn(200, 1)
    fit = train.features[:300]
    mean, deviation = fit.mean(axis=0), fit.std(axis=0)
    x, new = (fit - mean) / deviation, (test.features - mean) / deviation
    if readout == "linear":
        oracle = Ridge(alpha=0.03 * 300)
        y, offset = train.targets[:300], 0
    else:
        some = x[:MEDIAN_OF]
        distances = np.linalg.norm(some[:, None] - some[None], axis=2)
        width = 0.7 * np.median(distances)
        oracle = KernelRidge(alpha=0.03 * 300, kernel="rbf", gamma=1 / (2 * width**2))
        offset = train.targets[:300].mean(axis=0)
        y = train.targets[:300] - offset
    predicted = oracle.fit(x, y).predict(new) + offset
    total = ((test.targets - test.targets.mean(axis=0)) ** 2).sum(axis=0)
    expected = 1 - ((test.targets - predicted) ** 2).sum(axis=0) / total
    np.testing.assert_allclose(held_out_r_squared(train, test, readout, recipe), expected)


def test_constant_features_are_dropped():
    train, test = drawn(400, 0), drawn(200, 1)
    wider = [
        Sample(np.hstack([part.features, np.full((len(part.features), 1), 3.0)]), part.targets)
        for part in (train, test)
    ]
    for readout in ("linear", "kernel"):
        np.testing.assert_allclose(
            held_out_r_squared(*wider, readout, RECIPE),
            held_out_r_squared(train, test, readout, RECIPE),
        )


def test_wrong_requests_are_refused():
    train, test = drawn(40, 0), drawn(20, 1)
    with pytest.raises(ValueError, match="readout 'forest' is unknown; use linear or kernel"):
        held_out_r_squared(train, test, "forest", RECIPE)
    with pytest.raises(ValueError, match="40 features but 20 targets"):
        Sample(train.features, test.targets)
    with pytest.raises(ValueError, match=r"validation_share 0.25 of 1 images leaves none"):
        held_out_r_squared(drawn(1, 0), test, "linear", RECIPE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_masks": 0}, "n_masks: 0 .* expected a whole number, 1 or more"),
        ({"penalties": (0.0,)}, "penalties.* a number, above 0"),
        ({"bandwidths": ()}, "bandwidths.* 1 or more"),
        ({"validation_share": 1.0}, "validation_share: 1.0"),
    ],
)
def test_recipes_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        RecoveryRecipe(**(vars(RECIPE) | changes))
