"""Hyperparameters of training: pretraining as an MAE, and training as a classifier."""

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from spatial_mae.masks.laws import LAWS, GridLaw
from spatial_mae.study.keys import (
    Betas,
    Count,
    CropScale,
    Factor,
    Images,
    Length,
    Natural,
    NotNegative,
    Part,
    Positive,
    Share,
)
from spatial_mae.study.recipes import Checked

Precision = Literal["auto", "float32", "bfloat16"]
Compile = Literal["auto", "always", "never"]  # not on and off, which YAML reads as booleans


class OptimisationRecipe(Protocol):
    """What the loop reads of a recipe, whatever the task."""

    epochs: int
    warmup_epochs: float
    batch_size: int
    micro_batch: int | None
    base_learning_rate: float
    weight_decay: float
    betas: tuple[float, ...]
    precision: Precision
    clip_norm: float | None
    ema_decay: float | None
    compile: Compile


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe(Checked):
    """What is set alike for every training of ours, whatever the task."""

    micro_batch: Count | None = None
    """Images in memory at once; a batch's gradients are summed over them. null: the whole batch."""
    base_learning_rate: Positive
    """Peak per 256 images: the peak is this times batch_size / 256. [not stated]"""
    precision: Precision = "float32"
    """Of activations: float32, bfloat16, or auto (bfloat16 where it is at least 1.2 times as fast,
    measured once on each kind of machine)."""
    clip_norm: Positive | None = None
    """Largest norm of the gradient; null: none."""
    ema_decay: Part | None = None
    """The weights written are an exponential moving average of this decay; null: the last ones."""
    compile: Compile = "auto"
    """torch.compile: always, never, or auto (on a GPU, if the run is long enough and it is faster
    there). If it fails, training continues uncompiled."""


@dataclass(frozen=True, kw_only=True)
class PretrainingRecipe(TrainingRecipe):
    """How a masked autoencoder is trained."""

    epochs: Count
    """Passes over the training images. [Bisulco 2000; Kong 800]"""
    warmup_epochs: NotNegative
    """Epochs of linear warm-up before the cosine to zero. [Bisulco 50]"""
    batch_size: Count
    """Images of one step of the optimiser. [Bisulco 4096]"""
    weight_decay: NotNegative = 0.05
    """Decoupled, on matrices only. [Bisulco 0.05]"""
    betas: Betas = (0.9, 0.95)
    """Of AdamW. [He et al.]"""
    crop_scale: CropScale = (0.2, 1.0)
    """Least and largest share of the area in a random resized crop; [1, 1]: none. [He et al.]"""
    flip: bool = True
    """Whether images are mirrored at random. [Bisulco true]"""
    sampling: GridLaw = "exact"
    """Law of the masks. bernoulli: each unit by itself. The others fix the count: exact: any units;
    displaced: as exact, on a grid of units that is moved; contiguous: one block; block: several;
    grid: all but every s-th unit. docs/training.md states them. [He et al. exact]"""
    mask_half_width: NotNegative = 0.0
    """Half width w of the range of mask ratios: each batch draws its own uniformly from [m - w,
    m + w], with m the run's `mask`; 0: all batches have m. With w > 0 `sampling` must be exact."""
    loss_on: Literal["hidden", "all"] = "hidden"
    """Patches over which the error is averaged. [He et al. hidden]"""
    normalise_targets: bool = False
    """Whether each target patch has mean 0 and deviation 1. [not stated]"""
    boundary_width: Natural = 0
    """Width in pixels of the strip along visible pixels that the loss on hidden patches leaves out;
    0: none. [Kong proposes it, Sec. 3.6]"""
    n_train: Annotated[Count | None, Images("train")] = None
    """Training images, a subset that every run shares; null: all."""
    held_out: Share = 0.0
    """Share of the training images that is not trained on, to choose something by; 0: none."""
    checkpoints: tuple[Natural, ...] = ()
    """Epochs whose weights are kept; 0 (initialisation) and the last always are."""

    def check(self) -> None:
        """Raise ValueError if the values do not fit together."""
        check_optimisation(self)
        check_crop(self.crop_scale)
        width = self.boundary_width
        ensure(
            width == 0 or self.loss_on == "hidden",
            f"boundary_width {width} with loss_on {self.loss_on!r}: a boundary is left out of the "
            "loss on hidden patches only; use loss_on hidden, or boundary_width 0",
        )
        ensure(
            width == 0 or self.sampling in LAWS,
            f"boundary_width {width} with sampling {self.sampling!r}: whether masks hide pixels "
            f"so far inside is not known; use sampling {' or '.join(LAWS)}, or boundary_width 0",
        )
        ensure(
            self.mask_half_width == 0 or self.sampling == "exact",
            f"mask_half_width {self.mask_half_width} with sampling {self.sampling!r}: only a fixed "
            "count is drawn from a range of mask ratios; use sampling exact, or mask_half_width 0",
        )
        for epoch in self.checkpoints:
            ensure(
                epoch <= self.epochs,
                f"checkpoints: epoch {epoch} is outside 0..{self.epochs}; drop it or train longer",
            )

    @property
    def kept_epochs(self) -> tuple[int, ...]:
        """Epochs whose weights are kept: those named, the first (0) and the last."""
        return tuple(sorted({0, *self.checkpoints, self.epochs}))

    @property
    def fixed_count(self) -> bool:
        """Whether every image of every batch shows the same number of patches."""
        return self.sampling != "bernoulli" and self.mask_half_width == 0

    def mask_range(self, mask_ratio: float) -> tuple[float, float]:
        """Least and largest mask ratio of a batch of a run with that `mask`."""
        return mask_ratio - self.mask_half_width, mask_ratio + self.mask_half_width


@dataclass(frozen=True, kw_only=True)
class ClassifierRecipe(TrainingRecipe):
    """How a classifier is trained, from scratch or from pretrained weights."""

    epochs: Count
    """Passes over the training images. [Bisulco 100]"""
    warmup_epochs: NotNegative
    """Epochs of linear warm-up before the cosine to zero. [Bisulco 5]"""
    batch_size: Count
    """Images of one step of the optimiser. [Bisulco 1024]"""
    weight_decay: NotNegative = 0.05
    """Decoupled, on matrices only."""
    betas: Betas = (0.9, 0.999)
    """Of AdamW. [He et al.]"""
    layer_decay: Factor = 1.0
    """A block's learning rate is this times that of the block after it; 1: all equal."""
    crop_scale: CropScale = (1.0, 1.0)
    """Least and largest share of the area in a random resized crop; [1, 1]: none."""
    flip: bool = True
    """Whether images are mirrored at random."""
    randaugment: Annotated[tuple[Natural, ...], Length(0, 2)] = ()
    """Operations an image and their magnitude, 0 to 30; []: none. [Bisulco, without numbers]"""
    label_smoothing: Share = 0.0
    """Share of the target spread over all classes."""
    pooling: Literal["class_token", "mean"] = "mean"
    """What the head reads: the class token or the mean of the patch tokens."""
    n_train: Annotated[Count | None, Images("train")] = None
    """Images to learn from, a subset that every run shares; null: all."""
    n_test: Annotated[Count | None, Images("test")] = None
    """Images to score, a subset that every run shares; null: all."""

    def check(self) -> None:
        """Raise ValueError if the values do not fit together."""
        check_optimisation(self)
        check_crop(self.crop_scale)
        ensure(
            len(self.randaugment) != 1 and self.randaugment[1:] <= (30,),
            f"randaugment {list(self.randaugment)}: expected [operations, magnitude to 30] or []",
        )


def check_optimisation(recipe: OptimisationRecipe) -> None:
    """Raise ValueError if the part of a recipe that the loop reads does not fit together."""
    ensure(
        recipe.warmup_epochs < recipe.epochs,
        f"warmup_epochs {recipe.warmup_epochs}: expected from 0 to below epochs ({recipe.epochs})",
    )
    micro = recipe.micro_batch
    ensure(
        micro is None or recipe.batch_size % micro == 0,
        f"micro_batch {micro} does not divide batch_size {recipe.batch_size}; "
        "pick a divisor, or null for the whole batch at once",
    )


def check_crop(scale: tuple[float, ...]) -> None:
    """Raise ValueError if `scale` is no (least, largest) share of an image's area."""
    ensure(
        len(scale) == 2 and 0 < scale[0] <= scale[1] <= 1,
        f"crop_scale {list(scale)}: expected [least, largest] share of the area, above 0, up to 1",
    )


def ensure(fits: bool, message: str) -> None:
    """Raise ValueError with the message unless `fits`."""
    if not fits:
        raise ValueError(message)
