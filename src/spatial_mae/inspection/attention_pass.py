"""Attention of [CLS], of a chosen token and of all patches: numbers by block and head, and maps."""

import torch
from torch import Tensor

from spatial_mae.files import Row
from spatial_mae.inspection.attention import (
    attention_weights,
    entropy,
    kept,
    over_patches,
    patch_distances,
)
from spatial_mae.inspection.recipe import InspectionRecipe
from spatial_mae.models.vit import VisionTransformer

WEIGHTS = 2**27
"""Attention weights held at once."""
PRINTED_DIGITS = 6
Measured = dict[tuple[str, str, int], list[Tensor]]
"""(query, metric, block) -> values of each image and head, (n, heads), batch by batch."""


class AttentionPass:
    """Collects, over a pass, the attention of every block of an encoder.

    Queries: class_token, where there is one; chosen, the patch of the recipe's pixel; patches, the
    mean over all. Weights are those on patches, of sum 1.
    """

    def __init__(self, encoder: VisionTransformer, recipe: InspectionRecipe) -> None:
        """Raises ValueError if the recipe's pixel is outside the images."""
        architecture = encoder.architecture
        row, column = recipe.pixel
        if not (0 <= row < architecture.height and 0 <= column < architecture.width_pixels):
            raise ValueError(
                f"pixel {list(recipe.pixel)} (row, column) is outside images of "
                f"{architecture.height} x {architecture.width_pixels}; choose one inside"
            )
        self.encoder, self.recipe = encoder, recipe
        side, columns = architecture.patch_size, architecture.grid[1]
        self.chosen = row // side * columns + column // side
        self.distances = patch_distances(architecture).to(encoder.positions.device)
        self.measured: Measured = {}
        self.pictures: list[Row] = []
        self.n_shown = 0

    def add(self, images: Tensor, layers: list[Tensor]) -> None:
        """One batch: images in [0, 1], and the tokens after the embedding and each block."""
        if not self.recipe.attention:
            return
        count = layers[0].shape[1]
        heads = self.encoder.architecture.backbone.encoder_heads
        step = max(1, WEIGHTS // (heads * count**2))
        for start in range(0, len(images), step):
            part = slice(start, start + step)
            for index, block in enumerate(self.encoder.blocks):
                shares = over_patches(
                    attention_weights(block, layers[index][part]), self.encoder.n_extra
                )
                self._measure(shares, index + 1)
            self._show(images[part], shares)

    def rows(self) -> list[Row]:
        """Mean over images of each metric, for each block, of each head and over heads.

        metric: entropy, in nats; distance, the mean distance from the query's patch of what it
        attends to, in pixels. uniform: its value where all patches weigh alike. head: from 1; empty
        for the mean over heads, which alone has a standard error.
        """
        uniform = {
            "entropy": float(torch.tensor(float(len(self.distances))).log()),
            "distance": self.distances.mean().item(),
        }
        own = uniform | {"distance": self.distances[self.chosen].mean().item()}
        rows = []
        for (query, metric, block), parts in self.measured.items():
            values = torch.cat(parts)
            even = (own if query == "chosen" else uniform)[metric]
            common = {"protocol": "attention", "query": query, "block": block, "metric": metric}
            common |= {"n_test": len(values), "uniform": even}
            over_heads = values.mean(dim=1)
            error = over_heads.std() / len(values) ** 0.5
            mean = {"value": over_heads.mean().item(), "standard_error": error.item()}
            rows.append(common | {"head": None} | mean)
            rows += [
                common | {"head": head, "value": value, "standard_error": None}
                for head, value in enumerate(values.mean(dim=0).tolist(), start=1)
            ]
        return rows

    def maps(self) -> list[Row]:
        """The first images, one row per pixel, and attention in the last block, one row per patch.

        source: image, with columns original_0..; class_token or chosen, with the share of a patch
        as `weight`, for the mean over heads and the first one. row, column: in pixels, of a patch
        those of its first. kept: whether the patch is among the fewest that hold the recipe's mass.
        """
        return self.pictures

    def _measure(self, shares: Tensor, block: int) -> None:
        """Of shares (n, heads, T, P) of a block."""
        patches = shares[:, :, self.encoder.n_extra :]
        reach = (patches * self.distances).sum(dim=-1)
        spread = entropy(patches)
        found = {
            ("patches", "entropy"): spread.mean(dim=2),
            ("patches", "distance"): reach.mean(dim=2),
            ("chosen", "entropy"): spread[:, :, self.chosen],
            ("chosen", "distance"): reach[:, :, self.chosen],
        }
        if self.encoder.n_extra:
            found["class_token", "entropy"] = entropy(shares[:, :, 0])
        for (query, metric), values in found.items():
            self.measured.setdefault((query, metric, block), []).append(values.cpu().double())

    def _show(self, images: Tensor, shares: Tensor) -> None:
        """Rows of the images that are still to be shown; shares of their last block."""
        wanted = min(self.recipe.n_shown - self.n_shown, len(images))
        tokens = {"chosen": self.encoder.n_extra + self.chosen}
        if self.encoder.n_extra:
            tokens["class_token"] = 0
        for image, weights in zip(images[:wanted], shares[:wanted], strict=True):
            place = {"image": self.n_shown}
            self.pictures += [place | row for row in _pixels(image)]
            for query, token in tokens.items():
                own = weights[:, token]
                for head, one in (("mean", own.mean(dim=0)), ("first", own[0])):
                    mark = place | {"source": query, "head": head}
                    self.pictures += [mark | row for row in self._patches(one)]
            self.n_shown += 1

    def _patches(self, shares: Tensor) -> list[Row]:
        side, columns = self.encoder.architecture.patch_size, self.encoder.architecture.grid[1]
        heavy = kept(shares, self.recipe.mass).int().tolist()
        return [
            {
                "row": index // columns * side,
                "column": index % columns * side,
                "weight": round(weight, PRINTED_DIGITS),
                "kept": keep,
                "chosen": int(index == self.chosen),
            }
            for index, (weight, keep) in enumerate(zip(shares.tolist(), heavy, strict=True))
        ]


def _pixels(image: Tensor) -> list[Row]:
    """One row per pixel of an image (C, H, W) in [0, 1]."""
    values = image.cpu().double().numpy().round(4)
    _, height, width = values.shape
    return [
        {"source": "image", "row": y, "column": x}
        | {f"original_{channel}": float(value) for channel, value in enumerate(values[:, y, x])}
        for y in range(height)
        for x in range(width)
    ]
