"""Settings of the recovery of known latents level by level. Needs no torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from spatial_mae.identifiability.recipe import Readout, Ten
from spatial_mae.study.keys import Count, Images, Length, Part, Positives
from spatial_mae.study.recipes import Checked

WholeRepresentation = Literal["components", "mean", "tokens"]


@dataclass(frozen=True)
class LevelRecoveryRecipe(Checked):
    """Regression of known latents on features of whole images."""

    n_fitted: Annotated[Ten, Images("train")] = 2000
    """Training images the regressions are fitted and chosen on."""
    n_test: Annotated[Ten, Images("test")] = 1000
    """Test images of the R^2."""
    representations: Annotated[tuple[WholeRepresentation, ...], Length(1)] = ("components", "mean")
    """Of the encoder: the first principal components of all patch tokens, the mean token, or all
    tokens."""
    components: Count = 20
    """Principal components k: the network's k features."""
    readouts: Annotated[tuple[Readout, ...], Length(1)] = ("linear",)
    """Kinds of ridge regression."""
    penalties: Positives = (0.001, 0.03, 1.0, 30.0)
    """Ridges, times the number of images."""
    bandwidths: Positives = (1.0,)
    """Of the Gaussian kernel, in median distances."""
    validation_share: Part = 0.2
    """Share of n_fitted that chooses among these."""
