"""Pretraining that was stopped continues where it can, and starts afresh where it must."""

import pytest
from toy_pretraining import a_run, assert_equal, go, stop_at, weights

from spatial_mae.files import read_json, read_rows
from spatial_mae.training import pretraining
from spatial_mae.training.position import Interrupted
from spatial_mae.training.pretraining import PretrainingTask


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
