"""Settings of the look at a trained network."""

from dataclasses import dataclass
from typing import Literal

from spatial_mae.evaluation.recipe import Tokens

Metric = Literal["ssim", "fsim", "psnr", "mse"]


@dataclass(frozen=True)
class InspectionRecipe:
    """Settings of one pass over unmasked test images.

    n_images: test images, None for all. metrics: of their reconstructions, see
    `quality.image_quality`. attention: whether it is measured. n_shown: images whose attention is
    written out. pixel: row and column; the patch that holds it is the chosen token. mass: share of
    attention that the patches kept in a picture hold. n_classes: drawn at random and embedded, by
    their `tokens`, in `components` dimensions, then by t-SNE of a perplexity; 0 for none.
    neighbours: of the k-NN vote in both spaces.
    """

    n_images: int | None
    metrics: tuple[Metric, ...]
    attention: bool
    n_shown: int
    pixel: tuple[int, ...]
    mass: float
    n_classes: int
    tokens: Tokens
    components: int
    perplexity: float
    neighbours: int

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
