"""Settings of the look at a trained network."""

from dataclasses import dataclass
from typing import Annotated, Literal

from spatial_mae.evaluation.recipe import Tokens
from spatial_mae.study.keys import Count, Factor, Length, Natural, Positive, Two

Metric = Literal["ssim", "fsim", "psnr", "mse"]


@dataclass(frozen=True, kw_only=True)
class InspectionRecipe:
    """Settings of one pass over unmasked test images."""

    n_images: Count | None = None
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
    n_classes: Natural = 10
    """Classes embedded, drawn at random; 0 embeds none. [Kong 10]"""
    tokens: Tokens = "mean"
    """Features of an image: mean of its patch tokens, or [CLS]; one of an image."""
    components: Two = 50
    """Principal components before t-SNE."""
    perplexity: Positive = 20.0
    """Of t-SNE."""
    neighbours: Count = 20
    """Of the k-NN vote among the embedded images, in both spaces."""

    def __post_init__(self) -> None:
        if self.n_images is not None and self.n_images < 2:
            raise ValueError(f"n_images {self.n_images}: a mean needs 2 or more for its error")
        if self.n_shown < 0:
            raise ValueError(f"n_shown {self.n_shown}: expected 0 or more")
        if len(self.pixel) != 2:
            raise ValueError(f"pixel {list(self.pixel)}: expected a row and a column")
        if not 0 < self.mass <= 1:
            raise ValueError(f"mass {self.mass}: expected a share above 0, at most 1")
        if self.n_classes < 0 or self.n_classes == 1:
            raise ValueError(f"n_classes {self.n_classes}: expected 2 or more, or 0 for none")
        if self.components < 2 or self.neighbours < 1 or self.perplexity <= 0:
            raise ValueError(
                f"components {self.components}, neighbours {self.neighbours}, perplexity "
                f"{self.perplexity:g}: expected 2 or more, 1 or more, above 0"
            )
