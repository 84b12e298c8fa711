"""What a run says of itself: lines in a log, a bar on a terminal, its status."""

import io

import pytest

from spatial_mae.files import read_json
from spatial_mae.training.progress import Progress, duration
from spatial_mae.training.run_folder import RunFolder


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Fussy:
    """A loss on a device: reading it costs, so it must be read only when shown."""

    read = 0

    def __float__(self) -> float:
        self.read += 1
        return 0.5


def train(progress, clock, epochs, steps, seconds_a_step, loss=0.5):
    for _ in range(epochs):
        for _ in range(steps):
            clock.now += seconds_a_step
            progress.step(100, loss)
        progress.epoch(0.25)


def test_a_short_run_says_its_last_line_only(tmp_path):
    clock, log = Clock(), io.StringIO()
    with Progress(RunFolder(tmp_path), 3, 1000, stream=log, clock=clock) as progress:
        train(progress, clock, 3, 10, 0.1)
    assert log.getvalue() == "epoch 3.00/3  loss 0.2500  1000 images/s  0 s left\n"


def test_long_epochs_say_a_line_every_thirty_seconds(tmp_path):
    clock, log = Clock(), io.StringIO()
    with Progress(RunFolder(tmp_path), 2, 1000, stream=log, clock=clock) as progress:
        train(progress, clock, 2, 10, 10.0)
    lines = log.getvalue().splitlines()
    assert lines[0] == "epoch 0.30/2  loss 0.5000  10 images/s  2 min 50 s left"
    # After 30, 60, ... 180 s, and the last line at 200 s.
    assert [line.split()[1] for line in lines] == [
        f"{share:.2f}/2" for share in (0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.0)
    ]


def test_the_loss_is_read_only_when_shown(tmp_path):
    clock, loss = Clock(), Fussy()
    with Progress(RunFolder(tmp_path), 1, 10000, stream=io.StringIO(), clock=clock) as progress:
        train(progress, clock, 1, 100, 0.01, loss)
    assert loss.read == 0


def test_the_status_follows(tmp_path):
    clock, run = Clock(), RunFolder(tmp_path)
    with Progress(run, 4, 1000, stream=io.StringIO(), clock=clock) as progress:
        before = read_json(tmp_path / "status.json")
        assert (before["epoch"], before["epochs"], before["eta_seconds"]) == (0, 4, None)
        train(progress, clock, 1, 9, 2.0)  # written after 10 s, not again at the epoch's end
        status = read_json(tmp_path / "status.json")
        assert (status["epoch"], status["seconds"], status["loss"]) == (0.5, 10.0, 0.5)
        assert (status["images_per_second"], status["eta_seconds"]) == (50.0, 70)
    assert read_json(tmp_path / "status.json")["epoch"] == 0.9


def test_an_exception_leaves_the_status_up_to_date(tmp_path):
    clock, log = Clock(), io.StringIO()
    with (
        pytest.raises(OSError),
        Progress(RunFolder(tmp_path), 4, 1000, stream=log, clock=clock) as progress,
    ):
        train(progress, clock, 1, 10, 0.1)
        raise OSError
    status = read_json(tmp_path / "status.json")
    assert (status["epoch"], status["seconds"]) == (1, 1.0)


def test_a_resumed_run_counts_the_time_before_but_not_in_its_speed(tmp_path):
    clock, run = Clock(), RunFolder(tmp_path)
    before = {"done": 2.5, "seconds_before": 1000.0}
    with Progress(run, 4, 1000, **before, stream=io.StringIO(), clock=clock) as progress:
        train(progress, clock, 1, 10, 1.0)
        assert progress.images_per_second == 100 and progress.seconds_left == 5
    status = read_json(tmp_path / "status.json")
    assert (status["epoch"], status["seconds"], status["eta_seconds"]) == (3.5, 1010.0, 5)


def test_the_end_is_written_even_right_after_another_status(tmp_path):
    clock, run = Clock(), RunFolder(tmp_path)
    with Progress(run, 1, 1000, stream=io.StringIO(), clock=clock) as progress:
        train(progress, clock, 1, 10, 0.001)
    assert read_json(tmp_path / "status.json")["epoch"] == 1


def test_a_terminal_gets_a_bar_and_no_lines(tmp_path):
    clock, terminal = Clock(), Terminal()
    with Progress(RunFolder(tmp_path), 2, 1000, stream=terminal, clock=clock) as progress:
        train(progress, clock, 2, 10, 1.0)
    text = terminal.getvalue()
    assert "epoch 2.0/2: 100%" in text and "2.00k/2.00k" in text and "loss 0.2500" in text
    assert "images/s" not in text.replace("image/s", "")


@pytest.mark.parametrize(
    "seconds, text",
    [
        (None, "?"),
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.9, "1 h 00 min"),
        (7620, "2 h 07 min"),
        (86399, "23 h 59 min"),
        (3 * 86400 + 4 * 3600, "3 d 04 h"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
