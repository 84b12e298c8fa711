"""Settings of the recovery of known latents."""

from dataclasses import dataclass
from typing import Annotated, Literal

from spatial_mae.study.keys import Count, Length, Part, Positives, Range

Representation = Literal["class_token", "mean", "tokens"]
Readout = Literal["linear", "kernel"]
Ten = Annotated[int, Range(least=10)]


@dataclass(frozen=True)
class RecoveryRecipe:
    """Regression of known latents on features, under fixed masks of the run's ratio."""

    n_fitted: Ten = 1000
    """Training images the regressions are fitted and chosen on."""
    n_test: Ten = 500
    """Test images of the R^2."""
    n_masks: Count = 3
    """Fixed masks averaged over."""
    representations: Annotated[tuple[Representation, ...], Length(1)] = ("tokens", "mean")
    """Of the encoder: its class token, the mean of the visible tokens, or all of them."""
    readouts: Annotated[tuple[Readout, ...], Length(1)] = ("linear", "kernel")
    """Kinds of ridge regression."""
    penalties: Positives = (0.001, 0.03, 1.0, 30.0)
    """Ridges, times the number of images."""
    bandwidths: Positives = (1.0,)
    """Of the Gaussian kernel, in median distances."""
    validation_share: Part = 0.2
    """Share of n_fitted that chooses among these."""

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
