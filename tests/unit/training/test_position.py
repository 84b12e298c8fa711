"""Rows of the history, from sums over an epoch."""

import pytest

from spatial_mae.training.position import Position


def an_epoch(position, seconds):
    """Two steps of 8 images, with 12 right answers and losses that sum to 3."""
    position.loss, position.correct, position.step, position.images = 3.0, 12.0, 2, 16
    position.seconds, position.epoch_seconds = position.seconds + seconds, seconds
    return position.finish_epoch(0.1, counts_correct=True)


def test_a_row_holds_means_of_its_epoch_and_seconds_of_all():
    position = Position(peak_memory=7)
    an_epoch(position, 1.0)
    assert an_epoch(position, 4.0) == {
        "epoch": 2,
        "loss": 1.5,
        "train_accuracy": 0.75,
        "learning_rate": 0.1,
        "images_per_second": 4.0,
        "seconds": 5.0,
        "peak_memory_bytes": 7,
    }
    assert (position.epoch, position.step, position.images, position.loss) == (2, 0, 0, 0.0)


def test_mean_speed_is_of_all_finished_epochs():
    position = Position()
    assert position.images_per_second is None
    an_epoch(position, 1.0)
    an_epoch(position, 4.0)
    position.seconds += 3.0  # of an epoch that was never finished
    assert position.images_per_second == pytest.approx(32 / 5)


def test_without_right_answers_there_is_no_accuracy():
    position = Position(step=1, images=8, epoch_seconds=1.0)
    assert "train_accuracy" not in position.finish_epoch(0.1, counts_correct=False)
