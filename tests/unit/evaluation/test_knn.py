"""The k-NN vote, against a plain loop and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from spatial_mae.evaluation import knn
from spatial_mae.evaluation.knn import knn_accuracy
from spatial_mae.evaluation.probe import Labelled


def draw(n, seed, k=6, n_classes=3):
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_classes, size=n)
    features = rng.normal(size=(n, k)) + 0.8 * np.eye(n_classes, k)[labels] + 5
    return Labelled(torch.tensor(features), torch.tensor(labels))


def plain(train, test, neighbours, temperature):
    mean = train.features.mean(0)
    right = 0
    for query, label in zip(test.features - mean, test.labels, strict=True):
        similarity = torch.nn.functional.cosine_similarity(train.features - mean, query[None])
        votes = np.zeros(3)
        for index in similarity.argsort(descending=True)[:neighbours]:
            votes[train.labels[index]] += np.exp(similarity[index].item() / temperature)
        right += int(votes.argmax() == label)
    return right / len(test)


@pytest.mark.parametrize(("neighbours", "temperature"), [(1, 0.07), (7, 0.07), (60, 0.07), (9, 5)])
def test_same_vote_as_a_plain_loop(neighbours, temperature, monkeypatch):
    train, test = draw(60, 0), draw(40, 1)
    monkeypatch.setattr(knn, "CHUNK", 500)  # eight queries at a time
    found = knn_accuracy(train, test, neighbours, temperature)
    assert found == pytest.approx(plain(train, test, neighbours, temperature), abs=1e-12)
    assert 0.4 < found < 1


def test_one_neighbour_is_scikit_learns():
    train, test = draw(80, 2), draw(60, 3)
    mean = train.features.mean(0).numpy()
    oracle = KNeighborsClassifier(1, metric="cosine", algorithm="brute")
    oracle.fit(train.features.numpy() - mean, train.labels.numpy())
    expected = oracle.score(test.features.numpy() - mean, test.labels.numpy())
    assert knn_accuracy(train, test, 1) == pytest.approx(expected, abs=1e-12)


def test_what_all_images_share_does_not_count():
    train, test = draw(60, 0), draw(40, 1)
    moved = [Labelled(data.features + 1e3, data.labels) for data in (train, test)]
    assert knn_accuracy(*moved, 5) == knn_accuracy(train, test, 5)


@pytest.mark.parametrize("neighbours", [0, 61])
def test_neighbours_beyond_the_training_images_are_refused(neighbours):
    with pytest.raises(ValueError, match=f"neighbours {neighbours}: expected 1 to 60"):
        knn_accuracy(draw(60, 0), draw(4, 1), neighbours)
