"""Fine-tuning: what is learnt, and that an interruption leaves no trace."""

import pytest
import torch

from spatial_mae.detection.coco import read_coco
from spatial_mae.detection.detector import build_detector
from spatial_mae.detection.samples import sample
from spatial_mae.detection.training import (
    DetectionOutputs,
    DetectionRun,
    DetectionTask,
    fine_tune_detector,
)
from spatial_mae.files import read_rows
from spatial_mae.training.workplace import Workplace


@pytest.fixture
def train(weights, tmp_path):
    """Fine-tune in a folder of its own: scores by metric, and the detector's state."""

    def run(recipe, name="run"):
        folder = tmp_path / name
        outputs = DetectionOutputs(
            folder / "scores.csv", folder / "history.csv", folder / "detector.pt"
        )
        place = Workplace(folder / "state", threads=1, runs_per_gpu=1, save_seconds=0.0)
        fine_tune_detector(DetectionRun(weights, recipe, 0), place, outputs)
        rows = read_rows(folder / "scores.csv")
        return {row["metric"]: row for row in rows}, torch.load(folder / "detector.pt")

    return run


def test_ap_rises_over_that_of_an_untrained_detector(train, recipe):
    # A rate of nearly nothing leaves the detector as it was drawn.
    before, _ = train(recipe(base_learning_rate=1e-12, score_threshold=0.0), "before")
    after, _ = train(
        recipe(
            epochs=12, warmup_epochs=1.0, batch_size=2, base_learning_rate=0.2, score_threshold=0.0
        ),
        "after",
    )
    assert before["box_ap50"]["value"] < 0.1
    assert after["box_ap50"]["value"] > 0.4
    assert after["mask_ap50"]["value"] > before["mask_ap50"]["value"] + 0.2
    row = after["box_ap"]
    assert (row["n_train"], row["n_test"], row["train_crowds"]) == (24, 8, 1)
    assert (row["status"], row["epochs"], row["pretrain_epochs"]) == ("completed", 12, 3)


def test_a_killed_run_ends_as_the_unbroken_one(train, recipe, monkeypatch, weights):
    wanted = recipe(epochs=2, n_train=8, n_test=2, scale_jitter=(0.5, 1.5))
    scores, whole = train(wanted, "whole")
    loss, calls = DetectionTask.loss, []

    def dying(self, batch):
        calls.append(batch)
        if len(calls) == 6:  # in the second epoch, between two micro-batches of a step
            raise KeyboardInterrupt
        return loss(self, batch)

    monkeypatch.setattr(DetectionTask, "loss", dying)
    with pytest.raises(KeyboardInterrupt):
        train(wanted, "broken")
    resumed, state = train(wanted, "broken")
    assert len(calls) < 6 + 8  # it did not begin anew
    assert all(torch.equal(state[name], whole[name]) for name in whole)
    assert {m: r["value"] for m, r in scores.items()} == {m: r["value"] for m, r in resumed.items()}
    changed = [k for k, v in whole.items() if "encoder.blocks" in k]
    start = DetectionRun(weights, wanted, 0).encoder().state_dict()
    moved = [not torch.equal(whole[k], start[k.removeprefix("backbone.encoder.")]) for k in changed]
    assert all(moved)


def test_a_random_encoder_is_another_of_the_same_size(recipe, weights):
    pretrained = DetectionRun(weights, recipe(), 0).encoder()
    random = DetectionRun(weights, recipe(initialisation="random"), 0).encoder()
    assert random.architecture == pretrained.architecture
    assert not torch.equal(random.patch_embedding.weight, pretrained.patch_embedding.weight)


def test_flip_and_jitter_move_boxes_and_masks_alike(shapes, recipe):
    data = read_coco(shapes / "train/coco.json", shapes / "train")
    wanted = recipe(scale_jitter=(0.5, 1.2))
    for seed in range(8):
        image, target = sample(data, 0, 3, wanted, seed)
        assert image.shape == (3, 64, 64)
        for box, mask in zip(target["boxes"], target["masks"], strict=True):
            rows, columns = torch.nonzero(mask, as_tuple=True)
            ends = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            torch.testing.assert_close(box, torch.tensor(ends).float(), atol=1.5, rtol=0)
            red = image[0] - image[2] > 0.4
            assert (red == mask.bool()).float().mean() > 0.95


def test_paths_and_processes_are_checked_before_anything_is_trained(train, recipe, weights):
    with pytest.raises(ValueError, match="train_images of the detection recipe is null"):
        train(recipe(train_images=None))
    place = Workplace(weights.parent / "state", 1, 1, processes=2)
    with pytest.raises(ValueError, match="one process"):
        fine_tune_detector(DetectionRun(weights, recipe(), 0), place, None)
    assert not (weights.parent / "state").exists()


@pytest.mark.parametrize(("size", "shown"), [(None, 64), (96, 96)])
def test_images_are_shown_at_the_recipes_size_in_training_and_in_scoring(
    recipe, weights, size, shown
):
    wanted = recipe(image_size=size)
    encoder = DetectionRun(weights, wanted, 0).encoder()
    model = build_detector(encoder, 2, wanted, 0)
    for mode in (model.train(), model.eval()):
        found, _ = mode.transform([torch.rand(3, 64, 64)])
        assert found.image_sizes == [(shown, shown)]
