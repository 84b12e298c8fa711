"""Where a training run is, in plain values: the part of its state that is no tensor."""

import os
from dataclasses import dataclass, field

from spatial_mae.training.execution import Execution


@dataclass
class Position:
    """Where a training run is.

    epoch: epochs finished; step: steps of the next one done. loss, correct, images: sums over
    these steps; all_images: in finished epochs. seconds: of training in all; epoch_seconds: in
    this epoch, over all its parts.
    precision, attention, mode, products, micro_batch: as found at the start.
    history: a row for each finished epoch.
    """

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    correct: float = 0.0
    images: int = 0
    all_images: int = 0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    precision: str = ""
    attention: dict[str, str] = field(default_factory=dict)
    mode: str = "plain"
    products: str = "usual"
    micro_batch: int | None = None
    peak_memory: int = 0
    history: list[dict] = field(default_factory=list)

    @property
    def execution(self) -> Execution:
        """How the run's steps are computed."""
        return Execution(self.precision, self.attention, self.mode, self.products)

    @property
    def passed(self) -> tuple[int, int]:
        """(epochs, steps of the next one) done."""
        return self.epoch, self.step

    @property
    def images_per_second(self) -> float | None:
        """Mean over the finished epochs, None before the first."""
        return self.all_images / self.history[-1]["seconds"] if self.history else None

    def finish_epoch(self, learning_rate: float, counts_correct: bool) -> dict:
        """Add the finished epoch's row to the history, go to the next epoch, return the row."""
        accuracy = {"train_accuracy": self.correct / self.images} if counts_correct else {}
        row = {
            "epoch": self.epoch + 1,
            "loss": self.loss / self.step,
            **accuracy,
            "learning_rate": learning_rate,
            "images_per_second": self.images / self.epoch_seconds,
            "seconds": self.seconds,
            "peak_memory_bytes": self.peak_memory,
        }
        self.history.append(row)
        self.all_images += self.images
        self.epoch, self.step, self.images = self.epoch + 1, 0, 0
        self.loss, self.correct, self.epoch_seconds = 0.0, 0.0, 0.0
        return row


class Diverged(Exception):
    """The loss or the parameters are no longer finite."""


class Interrupted(SystemExit):
    """Asked to stop, the state is saved: exit code 75 (EX_TEMPFAIL)."""

    def __init__(self) -> None:
        super().__init__(os.EX_TEMPFAIL)
