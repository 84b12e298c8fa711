"""Before and while a data set is written: room on the disk, and how far it is."""

import math
import shutil
import sys
import time
from pathlib import Path
from typing import Self

from tqdm import tqdm

LINE_SECONDS = 30.0
LINE = "{desc}: {n_fmt} of {total_fmt} images, {rate_fmt}"


def check_room(folder: Path, n_images: int, shape: tuple[int, ...]) -> None:
    """Raises OSError if the disk of `folder` has no room for `n_images` of `shape`, in bytes."""
    needed, free = n_images * math.prod(shape), shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"{n_images} images of {shape} (height, width, channels) take {needed / 1e9:.4g} GB, "
            f"but the disk of {folder} has {free / 1e9:.4g} GB free: free some space, use a "
            "smaller `size`, or put results/ on another disk (snakemake --directory)"
        )


class Progress:
    """How many images of a split are written: a bar on a terminal, elsewhere lines in a log.

    They show the images done, of `n_expected` (None: unknown), images/s and the time left. A line
    at most every `every` seconds, and one at the end. A context manager.
    """

    def __init__(self, split: str, n_expected: int | None, every: float = LINE_SECONDS) -> None:
        self._split, self._n_expected, self._every = split, n_expected, every

    def __enter__(self) -> Self:
        self._done, self._start = 0, time.monotonic()
        self._shown = self._start
        self._bar = tqdm(total=self._n_expected, desc=self._split, unit="image", disable=None)
        return self

    def add(self, n_images: int) -> None:
        self._done += n_images
        self._bar.update(n_images)
        if time.monotonic() - self._shown > self._every:
            self._say()

    def __exit__(self, *_: object) -> None:
        self._bar.close()
        self._say()

    def _say(self) -> None:
        self._shown = time.monotonic()
        if self._bar.disable:  # no terminal
            meter = tqdm.format_meter(
                self._done,
                self._n_expected,
                self._shown - self._start,
                prefix=self._split,
                unit=" images",
                bar_format=LINE + (", {remaining} left" if self._n_expected else ""),
            )
            print(meter, file=sys.stderr, flush=True)
