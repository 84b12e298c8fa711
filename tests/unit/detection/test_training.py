"""Fine-tuning: what is learnt, and that an interruption leaves no trace."""

import threading
from contextlib import closing

import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from spatial_mae.detection import samples
from spatial_mae.detection.coco import CocoImages, read_coco
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

CPU = torch.device("cpu")


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
    assert len(calls) < 6 + 8  # it did not begin again
    assert all(torch.equal(state[name], whole[name]) for name in whole)
    assert {m: r["value"] for m, r in scores.items()} == {m: r["value"] for m, r in resumed.items()}
    changed = [k for k, v in whole.items() if "encoder.blocks" in k]
    start = DetectionRun(weights, wanted, 0).encoder().state_dict()
    moved = [not torch.equal(whole[k], start[k.removeprefix("backbone.encoder.")]) for k in changed]
    assert all(moved)


def test_a_killed_run_begins_again_once_a_training_image_is_replaced(
    train, own_shapes, recipe, monkeypatch, capsys
):
    wanted = recipe(
        epochs=2,
        batch_size=2,
        train_images=str(own_shapes),
        train_annotations=str(own_shapes / "coco.json"),
        n_test=2,
    )
    loss, calls = DetectionTask.loss, []

    def dying(self, batch):
        calls.append(batch)
        if len(calls) == 2:  # in the second epoch
            raise KeyboardInterrupt
        return loss(self, batch)

    monkeypatch.setattr(DetectionTask, "loss", dying)
    with pytest.raises(KeyboardInterrupt):
        train(wanted, "broken")
    replaced = own_shapes / "1.png"
    Image.open(replaced).transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(replaced)
    _, state = train(wanted, "broken")
    assert len(calls) == 2 + 2  # both epochs
    assert "other settings (train_images: " in capsys.readouterr().err
    _, whole = train(wanted, "whole")
    assert all(torch.equal(state[name], whole[name]) for name in whole)


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


def with_torchvision(inputs, size, wanted, seed):
    """torchvision's own transforms, which draw from torch's one generator."""
    steps = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        low, high = wanted.scale_jitter
        if (low, high) != (1, 1):
            factor = low + (high - low) * float(torch.rand(()))
            scaled = [max(1, round(factor * side)) for side in size]
            steps += [v2.Resize(scaled, antialias=True), v2.RandomCrop(size, pad_if_needed=True)]
        steps += [v2.RandomHorizontalFlip(0.5)] if wanted.flip else []
        steps += [v2.ClampBoundingBoxes(), v2.SanitizeBoundingBoxes(min_size=1.0)]
        return v2.Compose(steps)(*inputs)


@pytest.mark.parametrize("jitter", [(1, 1), (0.5, 1.5), (0.02, 0.1), (1.5, 2)])
@pytest.mark.parametrize("flip", [False, True])
def test_samples_are_torchvision_s_and_leave_its_generator_alone(
    shapes, recipe, monkeypatch, jitter, flip
):
    data = read_coco(shapes / "train/coco.json", shapes / "train")
    wanted = recipe(scale_jitter=jitter, flip=flip)
    state = torch.random.get_rng_state()
    found = [sample(data, i, 3, wanted, seed) for i in (0, 1) for seed in range(8)]
    assert torch.equal(torch.random.get_rng_state(), state)

    def ours(inputs, size, recipe, generator):
        return with_torchvision(inputs, size, recipe, generator.initial_seed())

    monkeypatch.setattr(samples, "_augmented", ours)
    expected = [sample(data, i, 3, wanted, seed) for i in (0, 1) for seed in range(8)]
    for (image, target), (other, others) in zip(found, expected, strict=True):
        assert torch.equal(image, other)
        assert target.keys() == others.keys()
        assert all(torch.equal(target[name], others[name]) for name in target)


def task_on(folder, recipe, weights, device=CPU):
    data = read_coco(folder / "coco.json", folder)
    return DetectionTask(DetectionRun(weights, recipe, 0), data, device)


def test_a_detector_on_a_gpu_has_the_same_loss(shapes, recipe, weights, gpu):
    losses = []
    for device in (gpu, CPU):
        with closing(task_on(shapes / "train", recipe(), weights, device)) as task:
            loss, _ = task.loss(task.batch(torch.tensor([0, 3]), 0, 0))
            loss.backward()
            losses.append(loss.item())
            gradients = [p.grad for p in task.module.parameters() if p.grad is not None]
            assert {gradient.device for gradient in gradients} == {device}
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_micro_batch_is_read_while_the_one_before_is_in_use(shapes, recipe, weights, monkeypatch):
    wanted = recipe(scale_jitter=(0.5, 1.5))
    parts = [torch.tensor(numbers) for numbers in ([3, 1], [0, 2], [5])]
    plain = task_on(shapes / "train", wanted, weights)
    expected = [plain.batch(part, 7, 0) for part in parts]
    read, begun = [], threading.Semaphore(0)
    pixels = CocoImages.pixels

    def noted(self, image, channels):
        read.append((image["id"] - 5, threading.current_thread() is threading.main_thread()))
        begun.release()
        return pixels(self, image, channels)

    monkeypatch.setattr(CocoImages, "pixels", noted)
    with closing(task_on(shapes / "train", wanted, weights)) as task:
        task.will_read(iter(parts), 7)
        for part, (images, targets, seeds) in zip(parts, expected, strict=True):
            for _ in part:
                assert begun.acquire(timeout=60)  # before it is asked for
            found = task.batch(part, 7, 0)
            assert found[2] == seeds
            assert all(map(torch.equal, found[0], images))
            for target, other in zip(found[1], targets, strict=True):
                assert all(torch.equal(target[name], other[name]) for name in other)
    assert read == [(number, False) for number in (3, 1, 0, 2, 5)]


def test_an_image_that_breaks_off_ends_the_training_with_its_name(
    train, own_shapes, recipe, weights
):
    broken = own_shapes / "1.png"
    broken.write_bytes(broken.read_bytes()[:200])
    wanted = recipe(
        train_images=str(own_shapes), train_annotations=str(own_shapes / "coco.json"), micro_batch=1
    )
    with pytest.raises(ValueError, match="1.png: cannot be decoded"):
        train(wanted)


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
