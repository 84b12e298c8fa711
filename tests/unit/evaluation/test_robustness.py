"""One probe judged on shifted images: the same classifier everywhere, classes by their names."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data.imagenet_variants import ImageFiles
from spatial_mae.data.shifted import Shifted, prepared
from spatial_mae.evaluation.features import features, freeze
from spatial_mae.evaluation.probe import Labelled, linear_probe
from spatial_mae.evaluation.robustness import RobustnessRecipe, probe_robustness
from spatial_mae.recipes import load
from spatial_mae.training.loader import load_images, load_labels

RECIPE = {
    "tokens": "mean",
    "n_train": 60,
    "n_test": None,
    "validation_share": 0.25,
    "penalties": [0.01, 0.1],
    "max_iterations": 50,
    "prepared": ["toy"],
    "cifar10_c": None,
    "cifar10_1": None,
    "imagenet_v2": None,
    "imagenet_a": None,
    "imagenet_r": None,
    "imagenet_sketch": None,
    "objectnet": None,
    "cue_conflict": None,
}


@pytest.fixture
def probed(tmp_path, dataset, weights):
    """Judge a probe of the data set `toy` on some shifted images."""

    def call(*shifted, data=dataset, **changes):
        weights(tmp_path / "weights.safetensors")
        recipe = load(RobustnessRecipe, json.dumps(RECIPE | changes))
        return probe_robustness(data, tmp_path / "weights.safetensors", shifted, recipe, 0)

    return call


def test_on_images_that_have_not_shifted_it_is_the_linear_probe(probed, dataset, model):
    own, same = probed(prepared(dataset))
    encoder = model(seed=4).encoder
    freeze(encoder)
    parts = [
        Labelled(
            features(encoder, load_images(dataset, split, n), ("mean",))["mean", None],
            load_labels(dataset, split, n),
        )
        for split, n in (("train", 60), ("test", None))
    ]
    found = linear_probe(*parts, (0.01, 0.1), 0.25, 50, np.random.default_rng(0))
    assert own["value"] == same["value"] == pytest.approx(found.accuracy)
    assert own["penalty"] == found.penalty
    assert own["value"] > 0.6
    assert (own["shifted"], same["shifted"]) == ("own", "toy")
    share = own["value"]
    assert own["standard_error"] == pytest.approx((share * (1 - share) / 30) ** 0.5)


def test_classes_are_matched_by_name_not_by_number(probed, dataset):
    same = prepared(dataset)
    order = [2, 0, 1]
    names = tuple(same.classes[label] for label in order)
    renamed = np.array([order.index(label) for label in same.labels])
    permuted = Shifted("permuted", same.images, renamed, names)
    wrong = Shifted("wrong", same.images, renamed, same.classes)
    own, found, other = probed(permuted, wrong)
    assert found["value"] == own["value"]
    assert other["value"] < own["value"]


def test_a_class_without_images_need_not_be_known(probed, dataset):
    same = prepared(dataset)
    more = dataclasses.replace(same, classes=(*same.classes, "upside down"))
    own, found = probed(more)
    assert found["value"] == own["value"]
    unknown = dataclasses.replace(same, classes=("left", "centre", "right"))
    with pytest.raises(ValueError, match=r"'toy' does not have: centre \(there: left, middle"):
        probed(unknown)


def test_noise_costs_accuracy_and_rows_name_what_was_shifted(probed, dataset):
    same = prepared(dataset)
    noise = np.random.default_rng(0).integers(256, size=same.images.shape, dtype=np.uint8)
    part = Shifted("cifar10_c", noise, same.labels, same.classes, "noise", 5)
    own, found = probed(part, n_test=20)
    assert found["value"] < own["value"]
    assert (found["corruption"], found["severity"], found["n_test"]) == ("noise", 5, 20)


def test_images_of_another_size_are_refused(probed, dataset):
    same = prepared(dataset)
    part = dataclasses.replace(same, images=same.images[:, :4])
    with pytest.raises(ValueError, match=r"are \(4, 12, 3\).*network is for \(8, 12, 3\)"):
        probed(part)


def test_labels_and_shifted_images_are_needed(probed, unlabelled):
    with pytest.raises(ValueError, match="'toy' has no labels"):
        prepared(unlabelled)
    with pytest.raises(ValueError, match="no labels to probe with"):
        probed(data=unlabelled)
    with pytest.raises(ValueError, match="no shifted images"):
        load(RobustnessRecipe, json.dumps(RECIPE | {"prepared": []}))
    with pytest.raises(ValueError, match="needs penalties"):
        load(RobustnessRecipe, json.dumps(RECIPE | {"penalties": []}))


def test_cue_conflict_images_are_decided_among_their_classes(probed, tmp_path, dataset):
    """The toy's bright third decides its class: images of a shape's class are all of that shape."""
    same, folder = prepared(dataset), tmp_path / "cues"
    folder.mkdir()
    for index, (image, label) in enumerate(zip(same.images, same.labels, strict=True)):
        name = same.classes[label]
        other = same.classes[(label + 1) % 3]
        large = np.repeat(np.repeat(image, 2, axis=0), 2, axis=1)
        Image.fromarray(large).save(folder / f"{name}{index}-{other}1.png")
    own, *cues = probed(cue_conflict=str(folder), prepared=[])
    found = {row["metric"]: row for row in cues}
    assert {row["shifted"] for row in cues} == {"cue_conflict"}
    assert found["shape_accuracy"]["value"] == pytest.approx(own["value"])
    assert found["shape_accuracy"]["n_test"] == 30
    shares = [found[f"{cue}_accuracy"]["value"] for cue in ("shape", "texture")]
    assert found["shape_bias"]["value"] == pytest.approx(shares[0] / sum(shares))


def test_a_set_of_fewer_classes_is_also_judged_among_its_own(probed, dataset):
    """Right is any accepted class; among its own classes the probe can only do better."""
    same = prepared(dataset)
    rows = np.flatnonzero(same.labels < 2)
    part = Shifted("part", same.images[rows], same.labels[rows], same.classes[:2])
    _, all_, own = probed(part)
    assert [row["metric"] for row in (all_, own)] == ["accuracy", "accuracy_among_own"]
    assert all_["n_test"] == own["n_test"] == len(rows)
    assert own["value"] >= all_["value"]
    either = dataclasses.replace(part, accepted=(same.classes[:2],) * 2)
    assert probed(either)[2]["value"] == 1


def test_files_are_read_in_batches_and_give_what_the_array_gives(probed, tmp_path, dataset):
    same = prepared(dataset)
    for index, image in enumerate(same.images):
        Image.fromarray(image).save(tmp_path / f"{index}.png")
    paths = tuple(tmp_path / f"{index}.png" for index in range(len(same.images)))
    files = ImageFiles(paths, (8, 12), 3, "bilinear", 255)
    own, found = probed(dataclasses.replace(same, images=files))
    assert found["value"] == own["value"]
