"""Settings of the recovery of known latents."""

from dataclasses import dataclass
from typing import Annotated, Literal

from spatial_mae.study.keys import Count, Images, Length, Part, Positives, Range
from spatial_mae.study.recipes import Checked

Representation = Literal["class_token", "mean", "tokens"]
Readout = Literal["linear", "kernel"]
Ten = Annotated[int, Range(least=10)]


@dataclass(frozen=True)
class RecoveryRecipe(Checked):
    """Regression of known latents on features, under fixed masks of the run's ratio."""

    n_fitted: Annotated[Ten, Images("train")] = 1000
    """Training images the regressions are fitted and chosen on."""
    n_test: Annotated[Ten, Images("test")] = 500
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
