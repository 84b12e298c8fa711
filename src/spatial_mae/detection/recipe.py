"""Settings of a detector's fine-tuning. Needs no torch."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from spatial_mae.study.keys import (
    Betas,
    Count,
    Factor,
    Length,
    NotNegative,
    Positive,
    Share,
    UserPath,
)
from spatial_mae.study.recipes import Checked
from spatial_mae.training.recipe import check_optimisation, ensure

LEVELS = 5


@dataclass(frozen=True)
class DetectionRecipe(Checked):
    """How Mask R-CNN is fine-tuned on a COCO-format set, and scored."""

    generated: str | None = None
    """Data set of the config, of the source outlined_shapes, whose objects are learned in place of
    those of the four paths; null: none."""
    train_images: UserPath | None = None
    """Folder of the training images; null: no detector can be trained."""
    train_annotations: UserPath | None = None
    """Their json in COCO's format."""
    test_images: UserPath | None = None
    """Folder of the images that are scored."""
    test_annotations: UserPath | None = None
    """Their json in COCO's format."""
    white: Positive | None = None
    """The sample that is white in files of more than 8 bits: 4095 for 12 bits; null: 65535."""
    initialisation: Literal["pretrained", "random"] = "pretrained"
    """How the encoder starts: pretrained, or random as a control."""
    image_size: Count | None = 1024
    """Pixels of the shorter side; null: images stay as they are."""
    max_size: Count = 1024
    """Most pixels of the longer side."""
    epochs: Count = 45
    """Passes over the training images. [Kong 45]"""
    warmup_epochs: NotNegative = 0.25
    """Epochs of linear warm-up of the learning rate."""
    batch_size: Count = 16
    """Images of one step of the optimiser."""
    micro_batch: Count | None = 4
    """Images at once, a divisor of batch_size; null: the batch."""
    base_learning_rate: Positive = 0.00128
    """Peak per 256 images: the peak is this times batch_size / 256."""
    weight_decay: NotNegative = 0.1
    """Decoupled, on matrices only."""
    betas: Betas = (0.9, 0.999)
    """Of AdamW."""
    layer_decay: Factor = 1.0
    """A block's learning rate is this times that of the block after it; 1: all equal."""
    clip_norm: Positive | None = 1.0
    """Largest norm of the gradient; null: none."""
    flip: bool = True
    """Whether half of the training images are mirrored."""
    scale_jitter: Annotated[tuple[Positive, ...], Length(2, 2)] = (0.1, 2.0)
    """Smallest and largest factor of scaling an image on a canvas of the image's size; [1, 1]:
    none."""
    n_train: Count | None = None
    """Training images, a subset that every run shares; null: all."""
    n_test: Count | None = None
    """Images scored, a subset that every run shares; null: all."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """Of training on a GPU; on the CPU it is float32."""
    out_channels: Count = 256
    """Of the feature pyramid and the heads."""
    anchor_sizes: Annotated[tuple[Count, ...], Length(LEVELS, LEVELS)] = (32, 64, 128, 256, 512)
    """Sides of the anchors in pixels, one for each level of the pyramid."""
    regions: Count = 512
    """Proposals of an image that the heads learn from."""
    score_threshold: Share = 0.05
    """Least score of a detection."""
    detections: Count = 100
    """Most detections an image."""

    ema_decay: ClassVar[None] = None

    def check(self) -> None:
        """Raises ValueError if the values do not fit together."""
        check_optimisation(self)
        ensure(self.max_size >= (self.image_size or 1), "max_size is below image_size")
        least, largest = self.scale_jitter
        ensure(least <= largest, f"scale_jitter {[least, largest]}: expected [least, largest]")

    def with_annotations(self, train: Path, test: Path) -> "DetectionRecipe":
        """Of these json files, in whose folders the names of their images start."""
        return replace(
            self,
            train_images=str(train.parent),
            train_annotations=str(train),
            test_images=str(test.parent),
            test_annotations=str(test),
        )

    def check_paths(self) -> None:
        """Raise ValueError if a path is not named."""
        for name in ("train_images", "train_annotations", "test_images", "test_annotations"):
            ensure(
                getattr(self, name) is not None,
                f"{name} of the detection recipe is null: give the path of your copy of COCO, or "
                "of a set in its format (docs/detection.md)",
            )
