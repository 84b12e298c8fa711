"""Reconstruction of images of which nothing is hidden."""

import torch
from torch import Tensor

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.files import Row
from spatial_mae.inspection.quality import check_metrics, image_quality
from spatial_mae.inspection.recipe import InspectionRecipe
from spatial_mae.models.mae import MaskedAutoencoder, patch_statistics
from spatial_mae.models.masks import arrange


def decode_whole(
    model: MaskedAutoencoder, images: Tensor, tokens: Tensor, normalised: bool
) -> Tensor:
    """What `model.reconstruct` gives under a mask that hides nothing: (N, C, H, W), not clipped.

    tokens: of the encoder's last block for these images (N, C, H, W) in [0, 1], before the norm.
    """
    nothing = torch.zeros(
        len(images), model.architecture.n_patches, dtype=torch.bool, device=images.device
    )
    predictions = model.decoder(model.encoder.normalise(tokens), arrange(nothing)).float()
    if normalised:
        mean, deviation = patch_statistics(model.encoder.patches(images))
        predictions = predictions * deviation + mean
    deviation, mean = model.encoder.pixel_deviation, model.encoder.pixel_mean
    return model.unpatchify(predictions) * deviation[:, None, None] + mean[:, None, None]


class UnmaskedQuality:
    """Collects, over a pass, the quality of reconstructions with no patch hidden."""

    def __init__(self, model: MaskedAutoencoder, masking: Masking, recipe: InspectionRecipe):
        """Raises ValueError as `check_metrics` does."""
        architecture = model.architecture
        check_metrics(recipe.metrics, architecture.height, architecture.width_pixels)
        self.model, self.masking, self.metrics = model, masking, recipe.metrics
        self.values: dict[str, list[Tensor]] = {name: [] for name in recipe.metrics}

    def add(self, images: Tensor, layers: list[Tensor]) -> None:
        """One batch: images in [0, 1], and the tokens after the embedding and each block."""
        if not self.metrics:
            return
        found = decode_whole(self.model, images, layers[-1], self.masking.normalise_targets)
        for name, values in image_quality(self.metrics, images, found.clamp(0, 1)).items():
            self.values[name].append(values.cpu().double())

    def rows(self) -> list[Row]:
        """Mean over images of each metric, and the standard error of the mean."""
        rows = []
        for name, parts in self.values.items():
            values = torch.cat(parts)
            rows.append(
                {
                    "protocol": "unmasked_reconstruction",
                    "metric": name,
                    "value": values.mean().item(),
                    "standard_error": (values.std() / len(values) ** 0.5).item(),
                    "n_test": len(values),
                    "normalised_targets": self.masking.normalise_targets,
                }
            )
        return rows
