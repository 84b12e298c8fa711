"""Pretraining from a data set to files, on images of 8 x 8 pixels."""

import pytest
import torch
from toy_pretraining import a_run, assert_equal, go, weights
from toy_training import PRETRAINING

from spatial_mae.files import read_json, read_rows
from spatial_mae.models.weights import load_mae, read_metadata
from spatial_mae.training.gradients import Gradients
from spatial_mae.training.loader import load_images
from spatial_mae.training.pretraining import PretrainingTask


def test_metadata_say_what_was_trained(done, dataset):
    metadata = read_metadata(done.weights)
    assert metadata == done.metadata | {"recipe": metadata["recipe"]}
    expected = {"mask_ratio": 0.75, "seed": 0, "epoch": 3, "epochs": 3, "status": "completed"}
    expected |= {"n_train": 48, "precision": "float32", "device": "cpu", "kind": "mae"}
    assert metadata.items() >= expected.items()
    assert metadata["data"]["train.npy"] == dataset.manifest["files"]["train.npy"]["sha256"]
    assert metadata["recipe"].items() >= PRETRAINING.items()
    assert metadata["parameters"] == sum(p.numel() for p in load_mae(done.weights)[0].parameters())
    assert metadata["images_per_second"] == pytest.approx(3 * 48 / metadata["seconds"])


def test_history_has_a_row_for_each_epoch_and_the_loss_falls(done):
    rows = read_rows(done.history)
    assert list(rows[0]) == [
        "epoch",
        "loss",
        "learning_rate",
        "images_per_second",
        "seconds",
        "peak_memory_bytes",
    ]
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert rows[0]["seconds"] < rows[-1]["seconds"] == done.metadata["seconds"]


def test_checkpoints_are_the_named_epochs_the_first_and_the_last(done, dataset):
    found = sorted(done.checkpoints.glob("epoch-*"))
    assert [path.name for path in found] == [f"epoch-{n}.safetensors" for n in (0, 2, 3)]
    assert [read_metadata(path)["epoch"] for path in found] == [0, 2, 3]
    assert_equal(weights(found[-1]), weights(done.weights))
    run = a_run(dataset)
    untrained = PretrainingTask(run, load_images(dataset, "train", 48)).module
    assert_equal(weights(found[0]), untrained.state_dict())


def test_the_state_is_cleared_but_for_the_status(done):
    assert sorted(path.name for path in done.state.iterdir()) == ["lock", "status.json"]
    assert read_json(done.state / "status.json")["state"] == "completed"


def test_equal_seeds_agree_and_others_do_not(tmp_path, dataset, done):
    again = go(tmp_path / "again", a_run(dataset))
    assert_equal(weights(again.weights), weights(done.weights))
    other = go(tmp_path / "other", a_run(dataset, seed=1))
    assert read_rows(other.history)[0]["loss"] != read_rows(done.history)[0]["loss"]


def test_divergence_is_a_status_and_keeps_the_last_good_weights(tmp_path, dataset, monkeypatch):
    original = PretrainingTask.loss

    def loss(self, batch):
        self.calls = getattr(self, "calls", 0) + 1
        value, correct = original(self, batch)
        return (value * float("nan") if self.calls > 4 else value), correct

    monkeypatch.setattr(PretrainingTask, "loss", loss)
    run = go(tmp_path, a_run(dataset))
    assert run.metadata["status"] == "diverged" and run.metadata["epoch"] == 1
    assert read_json(run.state / "status.json")["state"] == "diverged"
    assert sorted(path.name for path in run.checkpoints.glob("epoch-*")) == ["epoch-0.safetensors"]
    assert [row["epoch"] for row in read_rows(run.history)] == [1]
    assert all(value.isfinite().all() for value in weights(run.weights).values())


@pytest.mark.parametrize(("loss_on", "boundary"), [("hidden", 0), ("all", 0), ("hidden", 1)])
@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
def test_micro_batches_give_the_gradient_of_the_batch(dataset, sampling, loss_on, boundary):
    gradients = []
    changes = {"sampling": sampling, "loss_on": loss_on, "boundary_width": boundary}
    for micro_batch in (None, 4):
        run = a_run(dataset, 0.6, micro_batch=micro_batch, **changes)
        task = PretrainingTask(run, load_images(dataset, "train", 48))
        Gradients(task, torch.device("cpu"), micro_batch).of(torch.arange(16), 1, 2)
        gradients.append([p.grad.clone() for p in task.module.parameters()])
    for whole, parts in zip(*gradients, strict=True):
        torch.testing.assert_close(parts, whole, rtol=1e-3, atol=1e-6)


def test_the_average_is_what_is_written(tmp_path, dataset, done):
    averaged = go(tmp_path, a_run(dataset, ema_decay=0.5))
    first, second = weights(averaged.weights), weights(done.weights)
    assert not torch.equal(first["decoder.head.weight"], second["decoder.head.weight"])
    assert_equal(weights(averaged.checkpoints / "epoch-3.safetensors"), first)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patch": 3}, "patch size 3"),
        ({"unit": 3}, "mask unit 3"),
        ({"mask_ratio": 0.999}, "mask ratio 0.999"),
        ({"mask_half_width": 0.5}, "mask_half_width 0.5: .* with mask 0.75 use at most 0.1875"),
        ({"mask_ratio": 0.001}, "mask ratio 0.001"),
        ({"batch_size": 0}, "batch_size: 0"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_made(dataset, changes, message):
    with pytest.raises(ValueError, match=message):
        a_run(dataset, **changes)


def test_more_images_than_there_are_is_an_error(tmp_path, dataset):
    with pytest.raises(ValueError, match="65 images wanted of 64"):
        go(tmp_path, a_run(dataset, n_train=65))
    assert read_json(tmp_path / "state/status.json")["state"] == "failed"


def test_three_reruns_on_a_machine_are_equal(tmp_path, dataset):
    runs = [go(tmp_path / str(i), a_run(dataset, precision="auto")) for i in range(3)]
    for run in runs[1:]:
        assert_equal(weights(run.weights), weights(runs[0].weights))
        same = ("precision", "attention", "mode")
        assert [run.metadata[k] for k in same] == [runs[0].metadata[k] for k in same]
