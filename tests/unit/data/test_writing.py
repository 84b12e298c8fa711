"""Progress of writing a data set, in a log."""

import re

from spatial_mae.data.writing import Progress


def test_lines_tell_images_speed_and_time_left(capsys):
    with Progress("train", 40, every=0.0) as progress:
        progress.add(10)
    first, last = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"train: 10 of 40 images, +[\d.]+ images/s, \d\d:\d\d left", first)
    assert last.startswith("train: 10 of 40 images")


def test_few_lines_are_written(capsys):
    with Progress("test", None, every=60.0) as progress:
        for _ in range(1000):
            progress.add(1)
    (line,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"test: 1000 of \? images, +[\d.]+ images/s", line)
