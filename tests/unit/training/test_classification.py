"""Classifiers, from scratch and from pretrained encoders, on images of 8 x 8 pixels."""

import json
import os
import signal
from types import SimpleNamespace

import pytest
import torch
from toy_training import CLASSIFICATION, MODEL, toy_dataset

from spatial_mae.data.store import Dataset, open_dataset
from spatial_mae.files import read_json, read_rows, sha256
from spatial_mae.models.architecture import Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import load_encoder, read_metadata, save_weights
from spatial_mae.study.recipes import load
from spatial_mae.training.classification import (
    ClassificationTask,
    ClassifierOutputs,
    ClassifierRun,
    accuracy,
    pretrained_architecture,
    train_classifier,
)
from spatial_mae.training.loader import load_images, load_labels
from spatial_mae.training.position import Interrupted
from spatial_mae.training.recipe import ClassifierRecipe
from spatial_mae.training.training_data import architecture_for, pixel_statistics
from spatial_mae.training.workplace import Workplace

BACKBONE = load(Backbone, json.dumps(MODEL))
ORIGIN = {"epoch": 7, "seconds": 12.5, "status": "completed"}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(toy_dataset(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def pretrained(dataset, tmp_path_factory):
    path = tmp_path_factory.mktemp("mae") / "weights.safetensors"
    architecture = architecture_for(dataset, BACKBONE, 2, 1, 2, 1)
    statistics = pixel_statistics(load_images(dataset, "train", None))
    model = MaskedAutoencoder(architecture, *statistics, torch.Generator().manual_seed(3))
    metadata = {"kind": "mae", "architecture": to_json(architecture), **ORIGIN}
    save_weights(path, model.state_dict(), metadata)
    return path


def recipe(**changes):
    return load(ClassifierRecipe, json.dumps(CLASSIFICATION | changes))


def tuning(dataset, pretrained, blocks, **changes):
    architecture = pretrained_architecture(pretrained)
    return ClassifierRun(dataset, architecture, recipe(**changes), 0, pretrained, blocks)


def scratch(dataset, **changes):
    return ClassifierRun(
        dataset, architecture_for(dataset, BACKBONE, 2, 1, 1, 0), recipe(**changes), 0
    )


def go(folder, run):
    outputs = ClassifierOutputs(folder / "s.csv", folder / "h.csv", folder / "w.safetensors")
    row = train_classifier(run, Workplace(folder / "state", 1, 1), outputs)
    return SimpleNamespace(**vars(outputs), row=row)


def encoder_state(path):
    return load_encoder(path)[0].state_dict()


def test_the_row_of_scores_from_scratch(tmp_path, dataset):
    run = go(tmp_path, scratch(dataset))
    (row,) = read_rows(run.scores)
    assert row == run.row
    expected = {"protocol": "supervised", "blocks": "all", "epochs": 4, "model_width": 16}
    expected |= {"status": "completed", "n_train": 64, "n_test": 20, "device": "cpu"}
    expected |= {"pretrain_epochs": None, "pretrain_seconds": None, "pretrain_status": None}
    assert row.items() >= expected.items()
    assert row["accuracy"] > 0.8 and row["train_accuracy"] > 0.8
    assert row["trainable_parameters"] == row["parameters"]
    history = read_rows(run.history)
    assert history[-1]["train_accuracy"] > history[0]["train_accuracy"]
    assert history[-1]["seconds"] == row["seconds"]
    assert [path.name for path in (tmp_path / "state").glob("*.pt")] == []


def test_the_row_of_scores_of_fine_tuning(tmp_path, dataset, pretrained):
    row = go(tmp_path, tuning(dataset, pretrained, "all")).row
    expected = {"protocol": "fine_tuning", "blocks": "all", "pretrain_epochs": 7}
    expected |= {"pretrain_seconds": 12.5, "pretrain_status": "completed"}
    assert row.items() >= expected.items()
    assert row["accuracy"] > 0.8


@pytest.mark.parametrize(
    ("blocks", "moving"),
    [
        (0, set()),
        (1, {"blocks.1", "norm"}),
        ("all", {"blocks.0", "blocks.1", "norm", "patch_embedding", "class_token"}),
    ],
)
def test_only_the_last_blocks_move(tmp_path, dataset, pretrained, blocks, moving):
    run = go(tmp_path, tuning(dataset, pretrained, blocks, pooling="class_token"))
    before, after = encoder_state(pretrained), encoder_state(run.weights)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    stages = {".".join(name.split(".")[: 1 + name.startswith("blocks")]) for name in changed}
    assert stages == moving
    probe = run.row["trainable_parameters"]
    assert probe == 2 * (16 + 1) if blocks == 0 else 2 * (16 + 1) < probe <= run.row["parameters"]


def test_metadata_say_where_the_weights_come_from(tmp_path, dataset, pretrained):
    metadata = read_metadata(go(tmp_path, tuning(dataset, pretrained, 1)).weights)
    expected = {"kind": "classifier", "blocks": 1, "pretrained": sha256(pretrained), "seed": 0}
    assert metadata.items() >= expected.items()


def test_rand_augment_and_micro_batches_learn_too(tmp_path, dataset):
    run = go(tmp_path, scratch(dataset, randaugment=[2, 9], micro_batch=4, epochs=6))
    assert run.row["train_accuracy"] > 0.7


def test_augmentation_is_a_function_of_epoch_and_step(dataset):
    run = scratch(dataset, randaugment=[1, 9])
    images = load_images(dataset, "train", None)
    task = ClassificationTask(run, images, load_labels(dataset, "train", None))
    first, again = (task.batch(torch.arange(8), 1, 2)[0] for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, task.batch(torch.arange(8), 1, 3)[0])
    assert first.dtype == torch.float32 and first.min() >= 0 and first.max() <= 1
    plain = ClassificationTask(
        scratch(dataset, crop_scale=[1, 1], flip=False), images, load_labels(dataset, "train", None)
    )
    assert torch.equal(plain.batch(torch.arange(8), 0, 0)[0], images[:8].float() / 255)


def test_rand_augment_comes_after_crop_and_flip(dataset, monkeypatch):
    run = scratch(dataset, randaugment=[2, 9])
    images, labels = (load(dataset, "train", None) for load in (load_images, load_labels))
    given = []

    def keep(levels, generator, n, magnitude, _):
        given.append((levels, n, magnitude))
        return levels

    monkeypatch.setattr("spatial_mae.training.rand_augment.rand_augment", keep)
    made = ClassificationTask(run, images, labels).batch(torch.arange(8), 1, 2)[0]
    cropped = ClassificationTask(scratch(dataset), images, labels).batch(torch.arange(8), 1, 2)[0]
    ((levels, n, magnitude),) = given
    assert (n, magnitude) == (2, 9)
    assert torch.equal(levels, (cropped * 255).round().byte())
    assert torch.equal(made, levels / 255)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_is_cross_entropy_against_smoothed_labels(dataset, smoothing):
    images, labels = (load(dataset, "train", None)[:8] for load in (load_images, load_labels))
    task = ClassificationTask(scratch(dataset, label_smoothing=smoothing), images, labels)
    with torch.no_grad():
        task.module.head.weight.normal_(generator=torch.Generator().manual_seed(0))
    batch = images / 255, labels
    logits = task.module(batch[0])
    target = (1 - smoothing) * torch.eye(2)[labels] + smoothing / 2
    loss, correct = task.loss(batch)
    torch.testing.assert_close(loss, -(target * logits.log_softmax(1)).sum(1).mean())
    assert correct == (logits.argmax(1) == labels).sum()


def test_the_recipe_s_decays_reach_the_groups(dataset, pretrained):
    run = tuning(dataset, pretrained, 1, layer_decay=0.5, weight_decay=0.02)
    task = ClassificationTask(run, *(f(dataset, "train", None) for f in (load_images, load_labels)))
    known = {id(p): name for name, p in task.module.named_parameters()}
    found = {known[id(p)]: g for g in task.groups() for p in g["params"]}
    assert found["head.weight"] == found["head.weight"] | {"scale": 1.0, "weight_decay": 0.02}
    lower = found["encoder.blocks.1.mlp.expand.weight"]
    assert lower == lower | {"scale": 0.5, "weight_decay": 0.02}
    assert not any(name.startswith("encoder.blocks.0.") for name in found)


def test_other_labels_are_another_run(dataset):
    manifest = json.loads(json.dumps(dataset.manifest))
    manifest["files"]["train_labels.npy"]["sha256"] = "0"
    relabelled = Dataset(dataset.directory, manifest)
    assert scratch(dataset).settings() == scratch(dataset).settings()
    assert scratch(dataset).settings() != scratch(relabelled).settings()


def test_stopped_and_continued_equals_unbroken(tmp_path, dataset, pretrained, monkeypatch):
    unbroken = go(tmp_path / "unbroken", tuning(dataset, pretrained, 1))
    original = ClassificationTask.batch

    def batch(self, indices, epoch, step, *part):
        if (epoch, step) == (2, 1):
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, indices, epoch, step, *part)

    with monkeypatch.context() as patch:
        patch.setattr(ClassificationTask, "batch", batch)
        with pytest.raises(Interrupted):
            go(tmp_path / "stopped", tuning(dataset, pretrained, 1))
    assert not (tmp_path / "stopped/s.csv").exists()
    again = go(tmp_path / "stopped", tuning(dataset, pretrained, 1))
    first, second = encoder_state(unbroken.weights), encoder_state(again.weights)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert again.row["accuracy"] == unbroken.row["accuracy"]


def test_images_left_in_their_file_train_the_same_classifier(
    tmp_path, dataset, pretrained, monkeypatch
):
    run = tuning(dataset, pretrained, 1, randaugment=[1, 9])
    whole = go(tmp_path / "memory", run)
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)
    mapped = go(tmp_path / "file", run)
    first, second = encoder_state(whole.weights), encoder_state(mapped.weights)
    assert all(torch.equal(first[name], second[name]) for name in first)
    times = {"seconds", "images_per_second", "peak_memory_bytes"}
    rows = [{k: v for k, v in r.row.items() if k not in times} for r in (whole, mapped)]
    assert rows[0] == rows[1]


def test_divergence_is_scored_with_its_status(tmp_path, dataset, monkeypatch):
    original = ClassificationTask.loss

    def loss(self, batch):
        self.calls = getattr(self, "calls", 0) + 1
        value, correct = original(self, batch)
        return (value * float("inf") if self.calls > 5 else value), correct

    monkeypatch.setattr(ClassificationTask, "loss", loss)
    run = go(tmp_path, scratch(dataset))
    assert run.row["status"] == "diverged" and 0 <= run.row["accuracy"] <= 1
    assert len(read_rows(run.history)) == 1
    assert read_json(tmp_path / "state/status.json")["state"] == "diverged"


def test_accuracy_counts_the_largest_logits(monkeypatch):
    monkeypatch.setattr("spatial_mae.training.classification.SCORED_AT_ONCE", 3)
    images = torch.arange(8, dtype=torch.uint8).view(8, 1, 1, 1)

    def parity(batch):
        level = (batch * 255).round().flatten()
        return torch.stack([1 - level % 2, level % 2], dim=1)

    labels = torch.tensor([0, 1, 0, 1, 0, 0, 1, 0])
    assert accuracy(parity, images, labels) == 5 / 8


def test_data_without_labels_are_refused(tmp_path, pretrained):
    bare = open_dataset(toy_dataset(tmp_path, labels=False))
    with pytest.raises(ValueError, match="data set 'toy' has no labels .* name a data set with"):
        tuning(bare, pretrained, "all")


def test_weights_for_images_of_another_size_are_refused(tmp_path, pretrained):
    wide = open_dataset(toy_dataset(tmp_path, size=(8, 16)))
    with pytest.raises(ValueError, match=r"'toy' has images of 8 x 16 x 3 .* for 8 x 8 x 3"):
        tuning(wide, pretrained, "all")


@pytest.mark.parametrize("blocks", [-1, 3])
def test_blocks_outside_the_encoder_are_refused(dataset, pretrained, blocks):
    with pytest.raises(ValueError, match=rf"blocks {blocks}: expected 0 to 2"):
        tuning(dataset, pretrained, blocks)


def test_truncated_weights_are_refused(tmp_path, pretrained):
    broken = tmp_path / "weights.safetensors"
    broken.write_bytes(pretrained.read_bytes()[:-100])
    with pytest.raises(ValueError, match="truncated"):
        pretrained_architecture(broken)
