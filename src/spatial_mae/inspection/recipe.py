"""Settings of the look at a trained network."""

from dataclasses import dataclass
from typing import Annotated, Literal

from spatial_mae.evaluation.recipe import Tokens
from spatial_mae.study.keys import Count, Factor, Images, Length, Natural, Positive, Two
from spatial_mae.study.recipes import Checked

# Gaussian windows of SSIM reach 5 pixels beyond the border, where the image is reflected.
LEAST_SSIM_SIDE = 6
Metric = Literal["ssim", "fsim", "psnr", "mse"]


@dataclass(frozen=True, kw_only=True)
class InspectionRecipe(Checked):
    """Settings of one pass over unmasked test images."""

    n_images: Annotated[Two | None, Images("test")] = None
    """Test images; null: all."""
    metrics: tuple[Metric, ...] = ("ssim", "fsim", "psnr", "mse")
    """Of reconstructions with nothing hidden: structure (ssim, fsim), pixels (psnr in dB, mse of
    pixels in 0..1). [Kong all four]"""
    attention: bool = True
    """Whether attention is measured."""
    n_shown: Natural = 6
    """Images whose attention is written out."""
    pixel: Annotated[tuple[Natural, ...], Length(2, 2)]
    """Row and column, from 0, of a pixel: its patch is the chosen token."""
    mass: Factor = 0.6
    """Share of attention that the patches kept in a picture hold."""
    n_classes: Two | Literal[0] = 10
    """Classes embedded, drawn at random; 0 embeds none. [Kong 10]"""
    tokens: Tokens = "mean"
    """Features of an image: mean of its patch tokens, or [CLS]; one of an image."""
    components: Two = 50
    """Principal components before t-SNE. [Kong 50]"""
    perplexity: Positive = 20.0
    """Of t-SNE. [Kong 20]"""
    neighbours: Count = 20
    """Of the k-NN vote among the embedded images, in both spaces."""
