"""Settings of the evaluations of a pretrained model."""

from dataclasses import dataclass
from typing import Annotated, Literal

from spatial_mae.study.keys import (
    Count,
    Images,
    Length,
    Natural,
    NotNegative,
    Part,
    Positives,
    Range,
    Share,
    UpTo,
)
from spatial_mae.study.recipes import Checked

Representation = Literal["class_token", "mean", "blocks"]
Tokens = Literal["mean", "class_token"]
Four = Annotated[int, Range(least=4)]
Reference = dict[str, float]


@dataclass(frozen=True)
class EvaluationRecipe(Checked):
    """Settings of the probes, the k-NN vote, the reconstructions, and the probes' controls."""

    representations: tuple[Representation, ...] = ("class_token", "mean", "blocks")
    """What is probed: the class token and the mean patch token after the final norm, and the mean
    patch token after each block; [] for images without labels."""
    labels: Annotated[tuple[str, ...], Length(1)] = ("class",)
    """What a probe must say of an image: its class, or factors of it that the data set has, such as
    [texture, layout] of textured_layouts; each is a row, its features are computed once."""
    checkpoints: Literal["last", "all"] = "last"
    """Epochs evaluated: the last or all kept ones; the untrained encoder always is."""
    n_train: Annotated[Count | None, Images("train")] = None
    """Labelled training images used; null: all."""
    n_test: Annotated[Count | None, Images("test")] = None
    """Labelled test images used; null: all."""
    held_out: Share = 0.0
    """Share of the training images that are scored instead of the test images, and not learned
    from; 0: test images are scored. Pretraining has a key of this name for the same images, and
    must hold out at least this share. Only the second moments behind PCA and the linear MAE,
    which need no labels, are of all training images."""
    validation_share: Part = 0.2
    """Share of the training images that chooses the penalty."""
    penalties: Positives = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
    """L2 penalties of the linear probe to choose from, on standardised features."""
    max_iterations: Count = 100
    """Of L-BFGS, for each fit."""
    neighbours: Annotated[Natural, UpTo("n_train")] = 20
    """Of the k-NN vote; 0 is no vote."""
    n_reconstructed: Annotated[Count, Images("test")] = 500
    """Held-out images reconstructed."""
    n_masks: Count = 4
    """Masks of each of them."""
    n_gallery: Annotated[Natural, UpTo("n_reconstructed")] = 6
    """Of them, those written out pixel by pixel."""
    n_halved: Annotated[Natural, Images("test")] = 0
    """Held-out images of which the features of one half are compared with those of the other, among
    all of them; 0 or 1: none."""
    control_colour: Literal["luma", "rgb"] | None = "luma"
    """Colour of the second moments behind the probes' controls, PCA and the linear MAE; null: no
    controls, for images whose second moments do not fit in memory."""
    control_centring: Literal["raw", "centred", "standardised"] = "centred"
    """Centring of the linear MAE."""
    control_ridge: NotNegative = 0
    """Ridge of the linear MAE; above 0 unless there are more images than an image has values."""


@dataclass(frozen=True)
class SimilarityRecipe(Checked):
    """Settings of the comparison of two encoders' layers."""

    reference: Reference
    """The run to compare with: the keys in which it differs, such as {enc: 12}; of patch, unit,
    mask, enc, dec and seed."""
    n_images: Annotated[Four, Images("split")] = 1000
    """Images compared."""
    batch_size: Annotated[Four, UpTo("n_images")] = 250
    """Images of a minibatch of the unbiased estimate."""
    split: Literal["test", "train"] = "test"
    """Which images."""
    tokens: Tokens = "mean"
    """A layer's representation: mean of the patch tokens, or [CLS]; one of an image."""

    def check(self) -> None:
        if self.n_images < self.batch_size:
            raise ValueError(
                f"n_images {self.n_images} do not fill one batch of {self.batch_size}: "
                "raise n_images or lower batch_size"
            )
