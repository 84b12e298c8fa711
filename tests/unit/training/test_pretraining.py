"""Pretraining from a data set to files, on images of 8 x 8 pixels."""

import json
import os
import signal
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from toy_training import (
    MODEL,
    PRETRAINING,
    fails_in_backward,
    fails_in_forward,
    toy_dataset,
)

from spatial_mae.data.store import open_dataset
from spatial_mae.files import read_json, read_rows
from spatial_mae.models.architecture import Backbone
from spatial_mae.models.weights import load_mae, read_metadata
from spatial_mae.study.recipes import load
from spatial_mae.training import pretraining, training_data
from spatial_mae.training.gradients import Gradients
from spatial_mae.training.loader import load_images
from spatial_mae.training.mapped_images import MappedImages
from spatial_mae.training.position import Interrupted
from spatial_mae.training.pretraining import (
    PretrainingOutputs,
    PretrainingRun,
    PretrainingTask,
    pretrain,
)
from spatial_mae.training.recipe import PretrainingRecipe
from spatial_mae.training.training_data import architecture_for, pixel_statistics
from spatial_mae.training.workplace import Workplace

BACKBONE = load(Backbone, json.dumps(MODEL))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(toy_dataset(tmp_path_factory.mktemp("data"), labels=False))


def a_run(dataset, mask_ratio=0.75, seed=0, patch=2, unit=1, **changes):
    recipe = load(PretrainingRecipe, json.dumps(PRETRAINING | changes))
    architecture = architecture_for(dataset, BACKBONE, patch, unit, 1, 1)
    return PretrainingRun(dataset, architecture, mask_ratio, recipe, seed)


def go(folder, run):
    outputs = PretrainingOutputs(folder / "w.safetensors", folder / "h.csv", folder / "checkpoints")
    metadata = pretrain(run, Workplace(folder / "state", 1, 1), outputs)
    return SimpleNamespace(**vars(outputs), metadata=metadata, state=folder / "state")


@pytest.fixture(scope="module")
def done(dataset, tmp_path_factory):
    return go(tmp_path_factory.mktemp("done"), a_run(dataset))


def weights(path):
    return load_mae(path)[0].state_dict()


def assert_equal(first, second):
    assert all(torch.equal(value, second[name]) for name, value in first.items())


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


def stop_at(monkeypatch, *place):
    """Send SIGTERM while the batch at (epoch, step) is made."""
    original = PretrainingTask.batch

    def batch(self, indices, epoch, step, *part):
        if (epoch, step) == place:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, indices, epoch, step, *part)

    monkeypatch.setattr(PretrainingTask, "batch", batch)


def test_stopped_it_keeps_its_checkpoints_and_goes_on(tmp_path, dataset, done, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 2, 1)
        with pytest.raises(Interrupted):
            go(tmp_path, a_run(dataset))
    assert read_json(tmp_path / "state/status.json")["state"] == "interrupted"
    assert not (tmp_path / "w.safetensors").exists() and not (tmp_path / "checkpoints").exists()
    kept = {path.name for path in (tmp_path / "state").glob("*.safetensors")}
    assert kept == {"epoch-0000.safetensors", "epoch-0002.safetensors"}
    again = go(tmp_path, a_run(dataset))
    assert_equal(weights(again.weights), weights(done.weights))
    for name in ("epoch-0", "epoch-2", "epoch-3"):
        paths = (folder / f"{name}.safetensors" for folder in (again.checkpoints, done.checkpoints))
        assert_equal(*map(weights, paths))


def test_mask_ratios_from_a_range_are_the_same_after_a_stop(tmp_path, dataset, done, monkeypatch):
    run = a_run(dataset, mask_half_width=0.15)
    whole = go(tmp_path / "whole", run)
    assert read_rows(whole.history)[0]["loss"] != read_rows(done.history)[0]["loss"]
    with monkeypatch.context() as patch:
        stop_at(patch, 2, 1)
        with pytest.raises(Interrupted):
            go(tmp_path / "stopped", run)
    assert_equal(weights(go(tmp_path / "stopped", run).weights), weights(whole.weights))


def test_a_state_without_its_checkpoints_is_not_continued(tmp_path, dataset, done, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 2, 1)
        with pytest.raises(Interrupted):
            go(tmp_path, a_run(dataset))
    (tmp_path / "state/epoch-0002.safetensors").unlink()
    again = go(tmp_path, a_run(dataset))
    assert (again.checkpoints / "epoch-2.safetensors").exists()
    assert_equal(weights(again.weights), weights(done.weights))


def test_another_recipe_starts_afresh(tmp_path, dataset, done, monkeypatch, capfd):
    with monkeypatch.context() as patch:
        stop_at(patch, 2, 1)
        with pytest.raises(Interrupted):
            go(tmp_path, a_run(dataset, weight_decay=0.0))
    again = go(tmp_path, a_run(dataset))
    assert "recipe.weight_decay: 0.0 -> 0.05" in capfd.readouterr().err
    assert_equal(weights(again.weights), weights(done.weights))


def test_an_error_while_the_outputs_are_written_loses_no_training(
    tmp_path, dataset, done, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(pretraining, "write_rows", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            go(tmp_path, a_run(dataset))
    monkeypatch.setattr(PretrainingTask, "batch", lambda *_: pytest.fail("trained again"))
    again = go(tmp_path, a_run(dataset))
    assert_equal(weights(again.weights), weights(done.weights))
    assert read_rows(again.history)[-1]["loss"] == read_rows(done.history)[-1]["loss"]


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


@pytest.mark.parametrize("place", [None, (1, 2)])
def test_images_left_in_their_file_train_the_same_network(
    tmp_path, dataset, done, monkeypatch, short_of_memory, place
):
    if place:
        with monkeypatch.context() as patch:
            stop_at(patch, *place)
            with pytest.raises(Interrupted):
                go(tmp_path, a_run(dataset))
    mapped = go(tmp_path, a_run(dataset))
    assert_equal(weights(mapped.weights), weights(done.weights))
    losses = [[row["loss"] for row in read_rows(run.history)] for run in (mapped, done)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("micro_batch", "limit", "sizes"), [(None, 16, {16}), (4, 16, {4}), (None, 8, {16, 8})]
)
def test_training_reads_one_micro_batch_ahead(
    dataset, tmp_path, monkeypatch, short_of_memory, micro_batch, limit, sizes
):
    threads = set()
    original = MappedImages._read

    def read(self, rows, pixels):
        threads.add((len(rows), threading.current_thread() is threading.main_thread()))
        original(self, rows, pixels)

    plain = PretrainingTask.loss

    def loss(self, batch):
        if len(batch[0]) > limit:
            raise MemoryError
        return plain(self, batch)

    monkeypatch.setattr(MappedImages, "_read", read)
    monkeypatch.setattr(PretrainingTask, "loss", loss)
    go(tmp_path, a_run(dataset, micro_batch=micro_batch))
    # The statistics' one part of 48 images is announced, as are all micro-batches.
    assert threads == {(size, False) for size in {48, *sizes}}


def test_statistics_are_counted_part_by_part(dataset, monkeypatch, short_of_memory):
    images = load_images(dataset, "train", None)
    whole = pixel_statistics(images[:])
    monkeypatch.setattr(training_data, "COUNTED_PIXELS", 5 * images[:1].numel())
    parts = pixel_statistics(images)
    assert all(torch.equal(one, other) for one, other in zip(whole, parts, strict=True))


def test_statistics_of_the_pixels_are_numpy_s():
    images = np.random.default_rng(0).integers(0, 200, (5, 3, 4, 6)).astype(np.uint8)
    images[:, 2] = 51
    mean, deviation = pixel_statistics(torch.from_numpy(images))
    pixels = images.transpose(1, 0, 2, 3).reshape(3, -1) / 255
    np.testing.assert_allclose(mean, pixels.mean(1), rtol=1e-6)
    np.testing.assert_allclose(deviation[:2], pixels.std(1)[:2], rtol=1e-6)
    assert float(deviation[2]) == pytest.approx(1 / 255)


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


@pytest.mark.parametrize("broken", [fails_in_forward, fails_in_backward])
def test_a_failing_compiler_leaves_the_plain_model(
    tmp_path, dataset, done, broken, monkeypatch, capfd
):
    monkeypatch.setattr(torch, "compile", broken)
    run = go(tmp_path, a_run(dataset, compile="always"))
    assert "torch.compile failed (ImportError: no C compiler)" in capfd.readouterr().err
    assert_equal(weights(run.weights), weights(done.weights))
    assert run.metadata["mode"] == "plain"


@pytest.mark.parametrize("fails_at", [3, 4])
def test_a_compiler_that_fails_later_costs_no_step(
    tmp_path, dataset, done, fails_at, monkeypatch, capfd
):
    """For instance where a first batch of another size comes."""

    def broken(function, **_):
        calls = []

        def call(*arguments):
            calls.append(1)
            way = fails_in_backward if len(calls) == fails_at else lambda f: f
            return way(function)(*arguments)

        return call

    monkeypatch.setattr(torch, "compile", broken)
    run = go(tmp_path, a_run(dataset, compile="always"))
    assert "torch.compile failed" in capfd.readouterr().err
    assert_equal(weights(run.weights), weights(done.weights))


@pytest.mark.parametrize("changes", [{}, {"precision": "auto"}, {"micro_batch": 4}])
def test_a_compiled_step_is_one_graph_of_known_sizes(tmp_path, dataset, changes, monkeypatch):
    """Measuring the precision with other sizes would leave a graph of symbolic ones."""
    graphs, compile_ = [], torch.compile

    def note(graph, inputs):
        graphs.append([size for value in inputs for size in getattr(value, "shape", ())])
        return graph.forward

    monkeypatch.setattr(
        torch, "compile", lambda function, **options: compile_(function, backend=note, **options)
    )
    torch._dynamo.reset()
    run = go(tmp_path, a_run(dataset, compile="always", **changes))
    assert run.metadata["mode"] == "compiled"
    assert len(graphs) == 1
    assert all(isinstance(size, int) for size in graphs[0])


def test_three_reruns_on_a_machine_are_equal(tmp_path, dataset):
    runs = [go(tmp_path / str(i), a_run(dataset, precision="auto")) for i in range(3)]
    for run in runs[1:]:
        assert_equal(weights(run.weights), weights(runs[0].weights))
        same = ("precision", "attention", "mode")
        assert [run.metadata[k] for k in same] == [runs[0].metadata[k] for k in same]


def test_a_compiled_trial_without_memory_halves_only_in_training(
    tmp_path, dataset, monkeypatch, capfd
):
    sizes = []

    def hungry(function, **_):
        def call(images, *others):
            sizes.append(len(images))
            if len(images) > 8:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return function(images, *others)

        return call

    monkeypatch.setattr(torch, "compile", hungry)
    run = go(tmp_path, a_run(dataset, compile="always"))
    assert run.metadata["mode"] == "compiled"
    assert sizes[:3] == [16, 16, 8]  # the trial, the first step, and its second attempt
    assert capfd.readouterr().err.count("trying 8") == 1
