"""How far a run is: a bar on a terminal, plain lines in a log, and the run's status."""

import sys
import time
from collections.abc import Callable
from typing import Self, TextIO

from tqdm import tqdm

from spatial_mae.training.run_folder import RUNNING, RunFolder

BAR_SECONDS = 0.5
LINE_SECONDS = 30.0
STATUS_SECONDS = 10.0


class Progress:
    """Shows epochs, images/s, loss and the time left; writes them to the status of `run`.

    `epochs` in all, of which `done` (may be a fraction) were trained before, in `seconds_before`
    seconds; `images_per_epoch` images pass in one. On a terminal a bar; elsewhere a line at most
    every 30 s, and one at the end of an epoch if none was written in the last 30 s or it is the
    last. The status is written at most every 10 s, and at the end. A context manager.
    """

    def __init__(
        self,
        run: RunFolder,
        epochs: int,
        images_per_epoch: int,
        done: float = 0.0,
        seconds_before: float = 0.0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run, self._epochs, self._size = run, epochs, images_per_epoch
        self._before = round(done * images_per_epoch)
        self._seconds_before = seconds_before
        self._images = 0
        self._stream = stream or sys.stderr
        self._clock = clock
        self._start = clock()
        self._shown = {"bar": self._start, "line": self._start, "status": self._start}
        self._bar = self._new_bar() if self._stream.isatty() else None

    def __enter__(self) -> Self:
        self._write_status()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
        self._write_status()

    def step(self, n_images: int, loss: object) -> None:
        """Note a step over `n_images` images. `loss`: a number or a tensor, read when shown."""
        self._images += n_images
        if self._bar is not None and self._due("bar", BAR_SECONDS):
            self._draw_bar(float(loss))
        if self._bar is None and self._due("line", LINE_SECONDS):
            self._write_line(float(loss))
        if self._due("status", STATUS_SECONDS):
            self._write_status(loss=float(loss))

    def epoch(self, loss: float) -> None:
        """Note the end of an epoch with mean loss `loss`."""
        last = self._epoch >= self._epochs
        if self._bar is not None:
            self._draw_bar(loss)
        elif self._due("line", 0.0 if last else LINE_SECONDS):
            self._write_line(loss)
        if self._due("status", 0.0 if last else STATUS_SECONDS):
            self._write_status(loss=loss)

    @property
    def _epoch(self) -> float:
        return (self._before + self._images) / self._size

    @property
    def _seconds(self) -> float:
        return self._clock() - self._start

    @property
    def images_per_second(self) -> float:
        """Mean since this process began to train; 0 before the first step."""
        return self._images / self._seconds if self._images and self._seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the mean speed; None before the first step."""
        left = max(self._epochs * self._size - self._before - self._images, 0)
        return left / self.images_per_second if self.images_per_second else None

    def _due(self, what: str, seconds: float) -> bool:
        now = self._clock()
        if now - self._shown[what] < seconds:
            return False
        self._shown[what] = now
        return True

    def _new_bar(self) -> tqdm:
        return tqdm(
            total=self._epochs * self._size,
            initial=self._before,
            unit="image",
            unit_scale=True,
            file=self._stream,
            dynamic_ncols=True,
        )

    def _draw_bar(self, loss: float) -> None:
        self._bar.set_description(f"epoch {self._epoch:.1f}/{self._epochs}", refresh=False)
        self._bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
        self._bar.update(self._before + self._images - self._bar.n)

    def _write_line(self, loss: float) -> None:
        left = self.seconds_left
        line = (
            f"epoch {self._epoch:.2f}/{self._epochs}  loss {loss:.4f}  "
            f"{self.images_per_second:.0f} images/s  {duration(left)} left"
        )
        print(line, file=self._stream, flush=True)

    def _write_status(self, **loss: float) -> None:
        self._run.update(
            state=RUNNING,
            epoch=round(self._epoch, 3),
            epochs=self._epochs,
            images_per_second=round(self.images_per_second, 1) or None,
            seconds=round(self._seconds_before + self._seconds, 1),
            eta_seconds=None if self.seconds_left is None else round(self.seconds_left),
            **loss,
        )


class Silence:
    """`Progress` of a process that shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def step(self, n_images: int, loss: object) -> None:
        pass

    def epoch(self, loss: float) -> None:
        pass


def duration(seconds: float | None) -> str:
    """Seconds as a person reads them: 42 s, 3 min 05 s, 2 h 07 min, 3 d 04 h; ? if None."""
    if seconds is None:
        return "?"
    whole = round(seconds)
    for small, large, names in ((60, 3600, ("min", "s")), (3600, 86400, ("h", "min"))):
        if small <= whole < large:
            return f"{whole // small} {names[0]} {whole % small // (small // 60):02d} {names[1]}"
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 86400} d {whole % 86400 // 3600:02d} h"
