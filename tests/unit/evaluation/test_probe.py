"""The linear probe, against scikit-learn's logistic regression and finite differences."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.overrides import TorchFunctionMode

from spatial_mae.evaluation import probe
from spatial_mae.evaluation.probe import Labelled, fit_logistic, linear_probe, standardise_


def draw(n, k=12, n_classes=4, seed=0, dtype=torch.float64):
    """Correlated features with offsets and unequal scales, and labels that follow some of them."""
    maps = np.random.default_rng(1)
    mix, weights = maps.normal(size=(k, k)), 2 * maps.normal(size=(k, n_classes))
    rng = np.random.default_rng(seed)
    sources = rng.normal(size=(n, k)) * np.geomspace(1, 0.03, k)
    labels = (sources @ weights + rng.gumbel(size=(n, n_classes))).argmax(axis=1)
    features = (sources @ mix + 3) * np.geomspace(1, 100, k)
    return Labelled(torch.tensor(features, dtype=dtype), torch.tensor(labels))


def scaled(data):
    copy = Labelled(data.features.clone(), data.labels)
    standardise_(copy.features)
    return copy


@pytest.mark.parametrize("penalty", [1e-4, 1e-2, 1.0])
def test_same_minimum_as_scikit_learn(penalty):
    data = scaled(draw(600))
    found = fit_logistic(data, 4, penalty, 500, tolerance=1e-7)
    oracle = LogisticRegression(
        C=1 / (600 * penalty), solver="newton-cg", tol=1e-10, max_iter=10_000
    )
    oracle.fit(data.features.numpy(), data.labels.numpy())
    assert found.converged
    np.testing.assert_allclose(found.weights.numpy(), oracle.coef_, atol=2e-5)
    differences = found.bias.numpy() - oracle.intercept_
    np.testing.assert_allclose(differences, differences.mean(), atol=2e-5)  # free up to a constant
    assert found.accuracy(data) == oracle.score(data.features.numpy(), data.labels.numpy())


def test_float32_reaches_the_minimum_of_float64():
    data = scaled(draw(500))
    exact = fit_logistic(data, 4, 1e-3, 500, tolerance=1e-7)
    rough = fit_logistic(Labelled(data.features.float(), data.labels), 4, 1e-3, 100)
    assert rough.converged
    assert abs(rough.objective - exact.objective) < 1e-6


def test_gradient_is_that_of_the_loss():
    data = scaled(draw(40, k=3, n_classes=3))
    objective = probe._Objective(data, 3, 0.05, probe.second_moment(data.features))
    point = np.random.default_rng(2).normal(size=12)
    _, gradient = objective(point)
    steps = 1e-5 * np.eye(12)
    numeric = [(objective(point + s)[0] - objective(point - s)[0]) / 2e-5 for s in steps]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)


def test_start_changes_the_way_but_not_the_minimum():
    data = scaled(draw(300))
    start = fit_logistic(data, 4, 1.0, 500)
    cold = fit_logistic(data, 4, 1e-2, 500, tolerance=1e-9)
    warm = fit_logistic(data, 4, 1e-2, 500, start, tolerance=1e-9)
    np.testing.assert_allclose(warm.weights.numpy(), cold.weights.numpy(), atol=1e-5)
    at_start = probe._Objective(data, 4, 1.0, probe.second_moment(data.features))
    assert at_start(at_start.coordinates(start))[0] == pytest.approx(start.objective, abs=1e-12)


def test_too_few_iterations_are_told():
    assert not fit_logistic(scaled(draw(300)), 4, 1e-4, 2).converged


def test_more_features_than_images_and_constant_features_are_fit():
    data = draw(30, k=50)
    data.features[:, 7] = 4.2
    assert fit_logistic(scaled(data), 4, 1e-3, 200).accuracy(scaled(data)) == 1.0


def test_standardised_by_the_training_part():
    train, test = draw(200), draw(100, seed=5)
    train.features[:, 3], test.features[:, 3] = 0.1, 0.3
    expected = (test.features - train.features.mean(0)) / train.features.std(0, correction=0)
    standard = train.features.clone()
    mean, scale = standardise_(standard)
    moved = (test.features - mean) * scale
    kept = [i for i in range(12) if i != 3]
    assert torch.allclose(moved[:, kept], expected[:, kept])
    assert torch.allclose(standard[:, kept].std(0, correction=0), torch.ones(11).double())
    assert not standard[:, 3].any()
    assert not moved[:, 3].any()


def test_directions_that_the_training_images_do_not_span_are_no_features():
    """Principal components beyond their rank are rounding in training, and vary in the test."""
    rng = np.random.default_rng(0)
    train, test = (rng.normal(size=(n, 100)) for n in (60, 300))
    labels = [torch.tensor((x[:, :10].sum(axis=1) > 0).astype(int)) for x in (train, test)]
    train, test = train - train.mean(axis=0), test - train.mean(axis=0)
    components = np.linalg.svd(train)[2].T
    accuracies = []
    for k in (59, 90):
        features = (torch.tensor(x @ components[:, :k], dtype=torch.float32) for x in (train, test))
        parts = (Labelled(*part) for part in zip(features, labels, strict=True))
        accuracies.append(
            linear_probe(*parts, (1e-2,), 0.2, 200, np.random.default_rng(0)).accuracy
        )
    assert accuracies[0] == accuracies[1] > 0.55


def test_features_of_very_different_scale_are_all_kept():
    data = draw(200)
    data.features[:, 5] *= 1e-10
    _, scale = standardise_(data.features)
    assert (scale > 0).all()
    assert torch.allclose(data.features.std(0, correction=0), torch.ones(12).double())


def test_penalty_is_the_best_on_the_held_out_share_alone():
    """scikit-learn chooses the same penalty on the same split and scores the same on the test."""
    train, test = draw(160, seed=3), draw(400, seed=4)
    penalties = (10.0, 1e-1, 1e-2, 1e-4)
    found = linear_probe(train, test, penalties, 0.25, 500, np.random.default_rng(9))
    order = np.random.default_rng(9).permutation(160)
    x, mean, deviation = train.features.numpy(), *moments(train.features.numpy())
    x, y = ((x - mean) / deviation)[order], train.labels.numpy()[order]

    def model(penalty, n):
        return LogisticRegression(C=1 / (n * penalty), tol=1e-8, max_iter=10_000)

    scores = [model(p, 120).fit(x[:120], y[:120]).score(x[120:], y[120:]) for p in penalties]
    assert len(set(scores)) > 2
    assert found.penalty == penalties[int(np.argmax(scores))]
    oracle = model(found.penalty, 160).fit(x, y)
    expected = oracle.score((test.features.numpy() - mean) / deviation, test.labels.numpy())
    assert found.accuracy == pytest.approx(expected, abs=1e-12)


def moments(x):
    return x.mean(axis=0), x.std(axis=0)


def test_probe_leaves_its_input_alone_and_repeats():
    train, test = draw(120), draw(50, seed=2)
    before = train.features.clone()
    runs = [
        linear_probe(train, test, (0.1, 0.01), 0.2, 100, np.random.default_rng(0)) for _ in range(2)
    ]
    facts = [(run.accuracy, run.penalty, run.converged) for run in runs]
    assert facts[0] == facts[1]
    assert torch.equal(runs[0].probe.weights, runs[1].probe.weights)
    found = runs[0].probe.logits(test.features).argmax(dim=1)
    assert (found == test.labels).double().mean() == pytest.approx(runs[0].accuracy)
    assert torch.equal(train.features, before)


@pytest.mark.parametrize("penalty", [0.0, -1.0, float("inf"), float("nan")])
def test_penalties_without_a_minimum_are_refused(penalty):
    with pytest.raises(ValueError, match="penalty .* above 0"):
        fit_logistic(draw(20), 4, penalty, 10)


def test_an_empty_share_is_refused():
    with pytest.raises(ValueError, match="leaves 0 to choose the penalty"):
        linear_probe(draw(20), draw(5), (1.0,), 0.01, 10, np.random.default_rng(0))


def test_features_and_labels_must_fit():
    with pytest.raises(ValueError, match=r"\(4, 3\) and labels of shape \(5,\)"):
        Labelled(torch.zeros(4, 3), torch.zeros(5, dtype=torch.int64))
    with pytest.raises(ValueError, match="12 training features but 5 test features"):
        linear_probe(draw(20), draw(9, k=5), (1.0,), 0.2, 10, np.random.default_rng(0))


def test_an_evaluation_of_the_objective_reads_once_from_the_device():
    """A GPU waits for each read."""
    data = scaled(draw(60))
    objective = probe._Objective(data, 4, 0.1, probe.second_moment(data.features))
    start = objective.coordinates(None)
    reads = []

    class Reads(TorchFunctionMode):
        def __torch_function__(self, function, types, arguments=(), options=None):
            if function in (torch.Tensor.cpu, torch.Tensor.item, torch.Tensor.tolist):
                reads.append(function)
            return function(*arguments, **options or {})

    with Reads():
        value, slope = objective(start)
    assert reads == [torch.Tensor.cpu]
    assert value == pytest.approx(np.log(4)) and slope.shape == start.shape
