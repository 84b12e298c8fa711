"""What pretraining reads: images left in their file, and the statistics of pixels."""

import threading

import numpy as np
import pytest
import torch
from toy_pretraining import a_run, assert_equal, go, stop_at, weights

from spatial_mae.files import read_rows
from spatial_mae.training import training_data
from spatial_mae.training.loader import load_images
from spatial_mae.training.mapped_images import MappedImages
from spatial_mae.training.position import Interrupted
from spatial_mae.training.pretraining import PretrainingTask
from spatial_mae.training.training_data import pixel_statistics


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
