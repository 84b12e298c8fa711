"""Settings of the recovery of known latents."""

from dataclasses import dataclass
from typing import Literal

Representation = Literal["class_token", "mean", "tokens"]
Readout = Literal["linear", "kernel"]


@dataclass(frozen=True)
class RecoveryRecipe:
    """n_fitted training and n_test held-out images, under n_masks fixed masks of the run's ratio.

    representations: of the encoder: its class token, the mean of its patch tokens, or the patch
    tokens one after another. readouts: of regression. penalties: ridges, relative to the number of
    images; bandwidths of the Gaussian kernel, relative to the median distance. validation_share: of
    the fitted images, chooses among them.
    """

    n_fitted: int
    n_test: int
    n_masks: int
    representations: tuple[Representation, ...]
    readouts: tuple[Readout, ...]
    penalties: tuple[float, ...]
    bandwidths: tuple[float, ...]
    validation_share: float

    def __post_init__(self) -> None:
        for name, least in (("n_fitted", 10), ("n_test", 10), ("n_masks", 1)):
            if (value := getattr(self, name)) < least:
                raise ValueError(f"{name} {value}: expected {least} or more")
        for name in ("representations", "readouts", "penalties", "bandwidths"):
            values = getattr(self, name)
            if not values or (name in ("penalties", "bandwidths") and min(values) <= 0):
                raise ValueError(f"{name} {list(values)}: expected one or more, numbers above 0")
        if not 0 < self.validation_share < 1:
            raise ValueError(f"validation_share {self.validation_share}: expected within (0, 1)")
