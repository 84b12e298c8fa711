"""Settings of the look at a trained network."""

from dataclasses import dataclass
from typing import Literal

Metric = Literal["ssim", "fsim", "psnr", "mse"]


@dataclass(frozen=True)
class InspectionRecipe:
    """Settings of one pass over unmasked test images.

    n_images: test images, None for all. metrics: of their reconstructions, see
    `quality.image_quality`.
    """

    n_images: int | None
    metrics: tuple[Metric, ...]

    def __post_init__(self) -> None:
        if self.n_images is not None and self.n_images < 2:
            raise ValueError(f"n_images {self.n_images}: a mean needs 2 or more for its error")
