"""One probe judged on shifted images: the same classifier everywhere, classes by their names."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data.imagenet_variants import ImageFiles
from spatial_mae.data.pixels import Reading
from spatial_mae.data.shifted import Shifted, prepared
from spatial_mae.evaluation.robustness import probe_robustness
from spatial_mae.evaluation.robustness_recipe import RobustnessRecipe
from spatial_mae.evaluation.saved_probes import SavedProbe, write_probes
from spatial_mae.evaluation.scores import evaluate
from spatial_mae.study.recipes import load

RECIPE = {
    "evaluation": "toy",
    "tokens": "mean",
    "n_test": None,
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
def evaluation(tmp_path_factory, dataset, weights, recipe):
    """An evaluation of a network, with its weights and its probes in a folder."""
    folder = tmp_path_factory.mktemp("evaluated")
    weights(folder / "weights.safetensors")
    weights(folder / "checkpoints/epoch-0.safetensors", epoch=0)
    paths = folder / "weights.safetensors", folder / "checkpoints"
    found = evaluate(dataset, *paths, recipe(representations=["mean"]), 0)
    write_probes(folder / "probes.npz", found.probes)
    return folder, found


@pytest.fixture
def probed(evaluation, dataset):
    """Judge a probe of the data set `toy` on some shifted images."""
    folder, _ = evaluation

    def call(*shifted, data=dataset, probes=folder / "probes.npz", device="cpu", **changes):
        recipe = load(RobustnessRecipe, json.dumps(RECIPE | changes))
        weights = folder / "weights.safetensors"
        return probe_robustness(data, weights, probes, shifted, recipe, device)

    return call


def test_on_images_that_have_not_shifted_it_is_the_evaluations_probe(probed, dataset, evaluation):
    own, same = probed(prepared(dataset))
    (row,) = [
        row
        for row in evaluation[1].scores
        if (row["epoch"], row["protocol"]) == (4, "linear_probe")
    ]
    assert own["value"] == same["value"] == row["value"]
    assert own["penalty"] == row["penalty"]
    assert (own["n_train"], own["n_test"]) == (60, 30)
    assert own["value"] > 0.6
    assert (own["shifted"], same["shifted"]) == ("own", "toy")
    share = own["value"]
    assert own["standard_error"] == pytest.approx((share * (1 - share) / 30) ** 0.5)


def test_a_gpu_finds_the_same(probed, dataset, gpu):
    found, expected = (probed(prepared(dataset), device=device) for device in (gpu, "cpu"))
    assert [row["value"] for row in found] == [row["value"] for row in expected]


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


def test_a_probe_that_was_not_made_is_named(probed, dataset):
    with pytest.raises(ValueError, match=r"no probe of 'class_token' \(it holds: mean\)"):
        probed(prepared(dataset), tokens="class_token")


def test_probes_of_another_network_are_refused(probed, dataset, evaluation, tmp_path):
    saved = evaluation[1].probes["mean"]
    narrow = dataclasses.replace(saved.probe, mean=saved.probe.mean[:8])
    write_probes(tmp_path / "narrow.npz", {"mean": SavedProbe(narrow, saved.row)})
    with pytest.raises(ValueError, match="probes of 8 features, the network has 16"):
        probed(prepared(dataset), probes=tmp_path / "narrow.npz")


def test_a_class_without_training_images_is_never_chosen(probed, dataset, evaluation, tmp_path):
    """The labels of the training images end before the data set's classes do."""
    saved = evaluation[1].probes["mean"]
    parts = {part: getattr(saved.probe, part) for part in ("weights", "bias")}
    fewer = dataclasses.replace(saved.probe, **{part: parts[part][:2] for part in parts})
    write_probes(tmp_path / "fewer.npz", {"mean": SavedProbe(fewer, saved.row)})
    same = prepared(dataset)
    last = same.labels == 2
    part = dataclasses.replace(same, images=same.images[last], labels=same.labels[last])
    assert probed(part, probes=tmp_path / "fewer.npz")[1]["value"] == 0


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
    files = ImageFiles(paths, (8, 12), Reading(3), "bilinear")
    own, found = probed(dataclasses.replace(same, images=files))
    assert found["value"] == own["value"]
