"""Pretraining with compiled steps, and with compilers that fail."""

import pytest
import torch
from toy_pretraining import a_run, assert_equal, go, weights
from toy_training import fails_in_backward, fails_in_forward


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
