"""Embeddings over a pass: which images, which features, and what is refused."""

import numpy as np
import pytest
import torch

from spatial_mae.evaluation.features import features, freeze
from spatial_mae.inspection.embedding import neighbour_accuracy, principal, silhouette
from spatial_mae.inspection.embedding_pass import Classes
from spatial_mae.training.loader import load_images, load_labels


def test_the_images_are_all_those_of_the_drawn_classes(dataset, recipe):
    labels = load_labels(dataset, "test", None).numpy()
    drawn = set()
    for seed in range(6):
        found = Classes(dataset, recipe(), seed)
        chosen = set(found.labels.tolist())
        assert len(chosen) == 2
        assert found.positions.tolist() == np.flatnonzero(np.isin(labels, list(chosen))).tolist()
        drawn.add(tuple(sorted(chosen)))
    assert len(drawn) > 1


@pytest.mark.parametrize("tokens", ["mean", "class_token"])
def test_scores_are_of_the_encoders_features(
    inspected, dataset, model, tokens, recipe, monkeypatch
):
    monkeypatch.setattr("spatial_mae.inspection.inspection.BATCH", 7)
    found = inspected(tokens=tokens)
    encoder = model(3).encoder
    freeze(encoder)
    classes = Classes(dataset, recipe(), 0)
    images = load_images(dataset, "test", None)
    own = features(encoder, images, (tokens,))[tokens, None].numpy()[classes.positions]
    points = principal(own, 4)
    scores = {
        (row["space"], row["metric"]): row["value"] for row in found.embedding if row["epoch"] == 3
    }
    assert len(found.embedding) == 8  # two networks, two spaces, two scores
    assert scores["pca", "silhouette"] == pytest.approx(
        silhouette(points, classes.labels)[0], abs=1e-3
    )
    votes = neighbour_accuracy(points, classes.labels, 3)[0]
    assert scores["pca", "knn_accuracy"] == pytest.approx(votes, abs=0.06)
    assert len(found.points) == len(classes.labels)
    assert {row["silhouette"] for row in found.points} == {scores["tsne", "silhouette"]}
    names = [row["class"] for row in found.points]
    assert names == [("left", "middle", "right")[label] for label in classes.labels]


def test_classes_are_not_embedded_where_none_are_wanted(inspected, unlabelled):
    found = inspected(data=unlabelled, n_classes=0)
    assert found.embedding == found.points == []
    assert found.attention


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_images": 3}, "raise n_images"),
        ({"tokens": "class_token", "class_token": False}, "no class token"),
    ],
)
def test_what_cannot_be_embedded_is_refused(inspected, changes, message):
    with pytest.raises(ValueError, match=message):
        inspected(**changes)


def test_images_alone_in_their_classes_are_refused(dataset, recipe, monkeypatch):
    labels = torch.tensor([0, 1, 2, 3, 3])
    name = "spatial_mae.inspection.embedding_pass.load_labels"
    monkeypatch.setattr(name, lambda *_: labels)
    monkeypatch.setitem(dataset.manifest, "classes", list("abcde"))
    own = Classes(dataset, recipe(n_classes=5), 0).labels
    assert np.isfinite(silhouette(np.arange(5.0)[:, None], own)).all()
    labels[-1] = 4
    with pytest.raises(ValueError, match="5 test images of 5 classes: .* two of one class"):
        Classes(dataset, recipe(n_classes=5), 0)


def test_fewer_classes_or_images_than_asked_for_are_embedded_and_told(inspected, capsys):
    found = inspected(n_classes=9, perplexity=200, neighbours=300)
    score, n = found.embedding[0], found.embedding[0]["n_test"]
    assert score["n_classes"] == 3 and len(found.points) == n
    assert (score["neighbours"], score["perplexity"]) == (n - 1, (n - 1) / 3)
    told = capsys.readouterr().err
    assert f"neighbours: 300 asked for, {n} images embedded: {n - 1} taken" in told
    assert "perplexity: 200 asked for" in told


def test_labels_are_needed(inspected, unlabelled):
    with pytest.raises(ValueError, match="has 0 classes"):
        inspected(data=unlabelled)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_classes": 1}, "n_classes: 1 .* expected a whole number, 2 or more or 0"),
        ({"components": 1}, "components: 1"),
        ({"neighbours": 0}, "neighbours: 0"),
        ({"perplexity": 0}, "perplexity: 0 .* above 0"),
    ],
)
def test_a_wrong_recipe_is_refused(recipe, changes, message):
    with pytest.raises(ValueError, match=message):
        recipe(**changes)
