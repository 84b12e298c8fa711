"""All evaluations of one run, from its weights and checkpoints to rows."""

import pytest

from spatial_mae.data.held_out import hold_out
from spatial_mae.evaluation.features import features, freeze
from spatial_mae.evaluation.probe import Labelled
from spatial_mae.evaluation.probing import COLUMNS, probe_rows
from spatial_mae.evaluation.scores import evaluate
from spatial_mae.training.loader import load_images, load_labels

EPOCHS = (0, 1, 4)


@pytest.fixture
def run(tmp_path, dataset, weights, recipe):
    """Evaluate a run of four epochs with checkpoints at 0, 1 and 4."""
    for epoch in EPOCHS:
        weights(tmp_path / f"checkpoints/epoch-{epoch}.safetensors", epoch)
    weights(tmp_path / "weights.safetensors")

    def call(seed=0, data=dataset, device="cpu", **changes):
        paths = tmp_path / "weights.safetensors", tmp_path / "checkpoints"
        data = hold_out(data, changes.get("held_out", 0))
        return evaluate(data, *paths, recipe(**changes), seed, device)

    return call


def test_every_metric_of_the_untrained_and_the_last_network(run):
    rows = run().scores
    assert all(tuple(row) == COLUMNS for row in rows)
    keys = [(row["protocol"], row["representation"], row["block"], row["metric"]) for row in rows]
    expected = [
        ("linear_probe", "class_token", None, "accuracy"),
        ("knn", "class_token", None, "accuracy"),
        ("linear_probe", "mean", None, "accuracy"),
        ("knn", "mean", None, "accuracy"),
        ("linear_probe", "block", 1, "accuracy"),
        ("linear_probe", "block", 2, "accuracy"),
        ("reconstruction", None, None, "hidden_error"),
        ("reconstruction", None, None, "visible_error"),
        ("reconstruction", None, None, "all_error"),
    ]
    assert keys == 2 * expected
    assert [row["epoch"] for row in rows] == 9 * [0] + 9 * [4]
    assert all(0 <= row["value"] <= 1 for row in rows if row["metric"] == "accuracy")
    assert all(row["seconds"] > 0 and row["images_per_second"] > 0 for row in rows)
    assert {row["n_test"] for row in rows} == {30, 10}


def test_images_left_in_their_file_have_the_same_scores(run, monkeypatch):
    def found():
        evaluation = run(representations=["mean"], neighbours=0)
        return [(r["protocol"], r["value"]) for r in evaluation.scores], evaluation.gallery

    whole = found()
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)
    assert found() == whole


def test_a_gpu_finds_the_same(run, gpu):
    found, expected = run(device=gpu), run()
    for ours, row in zip(found.scores, expected.scores, strict=True):
        assert ours["value"] == pytest.approx(row["value"], abs=1e-5), row
    levels = ([row["predicted_0"] for row in rows] for rows in (found.gallery, expected.gallery))
    assert next(levels) == pytest.approx(next(levels), abs=2e-4)


def test_all_checkpoints_with_the_time_they_took(run):
    rows = run(checkpoints="all", representations=["mean"]).scores
    found = {
        row["epoch"]: (row["pretrain_seconds"], row["pretrain_peak_memory_bytes"]) for row in rows
    }
    assert found == {0: (0.0, 1000), 1: (2.5, 1001), 4: (10.0, 1004)}
    common = {
        (r["epochs"], r["status"], r["model_width"], r["precision"], r["device"]) for r in rows
    }
    assert common == {(4, "completed", 16, "bfloat16", "a GPU")}


def test_a_probe_is_that_of_the_features(run, dataset, model, recipe):
    settings = recipe(neighbours=0)
    encoder = model(seed=4).encoder
    freeze(encoder)
    parts = [
        Labelled(
            features(encoder, load_images(dataset, split, n), ("mean",))["mean", None],
            load_labels(dataset, split, n),
        )
        for split, n in (("train", 60), ("test", None))
    ]
    (expected,), probe = probe_rows(*parts, "mean", None, settings, 7)
    (found,) = [
        row
        for row in run(seed=7, neighbours=0).scores
        if row["epoch"] == 4 and row["representation"] == "mean"
    ]
    assert (found["value"], found["penalty"]) == (expected["value"], expected["penalty"])
    assert found["value"] > 0.6


def test_seed_decides_masks_and_split_alone(run):
    def values(seed):
        found = run(seed)
        return [row["value"] for row in found.scores], found.gallery

    assert values(1) == values(1)
    assert values(1)[1] != values(2)[1]


def test_gallery_of_the_last_network(run):
    rows = run(representations=[]).gallery
    assert {row["image"] for row in rows} == {0, 1}
    assert len(rows) == 2 * 8 * 12
    assert run(representations=[], n_gallery=0).gallery == []


def test_unlabelled_images_are_reconstructed_alone(run, unlabelled):
    rows = run(data=unlabelled, representations=[]).scores
    assert {row["protocol"] for row in rows} == {"reconstruction"}
    with pytest.raises(ValueError, match=r"'toy' has no labels.*representations: \[\]"):
        run(data=unlabelled)


def test_a_diverged_run_is_told(run, weights, tmp_path):
    weights(tmp_path / "weights.safetensors", epoch=1, status="diverged")
    rows = run(checkpoints="all", representations=[]).scores
    assert {row["status"] for row in rows} == {"diverged"}
    assert sorted({row["epoch"] for row in rows}) == [0, 1]


def test_a_run_stopped_in_its_first_epoch_is_evaluated_once(run, weights, tmp_path):
    weights(tmp_path / "weights.safetensors", epoch=0, status="diverged")
    assert [row["epoch"] for row in run(representations=[]).scores] == [0, 0, 0]


def test_what_does_not_fit_is_refused_before_long_work(run, weights, architecture, tmp_path):
    weights(tmp_path / "weights.safetensors", architecture=architecture(height=4))
    with pytest.raises(ValueError, match="8 x 12 x 3 .* the network is for 4 x 12 x 3"):
        run()
    weights(tmp_path / "weights.safetensors", architecture=architecture(class_token=False))
    with pytest.raises(ValueError, match="no class token"):
        run()
    weights(tmp_path / "weights.safetensors", architecture=architecture(depth=1))
    with pytest.raises(ValueError, match="encoder_depth"):
        run()
    (tmp_path / "checkpoints/epoch-0.safetensors").unlink()
    with pytest.raises(ValueError, match="no epoch-0.safetensors"):
        run()


def test_each_label_is_a_row_of_the_same_features(run, two_labels):
    settings = {"representations": ["mean"], "data": two_labels}
    both = run(**settings, labels=["place", "class"])
    single = {name: run(**settings, labels=[name]) for name in ("place", "class")}
    for label, evaluation in ((None, single["class"]), ("place", single["place"])):
        own = [row["value"] for row in both.scores if row["label"] == label]
        probes = [row["value"] for row in evaluation.scores if row["metric"] == "accuracy"]
        assert [v for v in own if v in probes] == probes
    assert both.probes["mean"].row["label"] is None  # the saved probe is that of the classes
    assert single["place"].probes == {}
    with pytest.raises(ValueError, match="'toy' has no label 'hue' .it has: class, place"):
        run(**settings, labels=["hue"])


def test_held_out_training_images_are_scored_instead_of_test_images(run, dataset):
    rows = run(held_out=0.25, n_halved=10, n_train=None, n_test=None).scores
    n_train = dataset.manifest["n_train"]
    probes = [row for row in rows if row["protocol"] == "linear_probe"]
    held = round(n_train / 4)
    assert {(row["n_train"], row["n_test"]) for row in probes} == {(n_train - held, held)}
    assert not [r for r in rows if r["protocol"] == "halves"]  # an odd grid has no halves
