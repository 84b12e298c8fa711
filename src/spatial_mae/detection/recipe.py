"""Settings of a detector's fine-tuning. Needs no torch."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from spatial_mae.training.recipe import check_counts, check_optimisation

LEVELS = 5


@dataclass(frozen=True)
class DetectionRecipe:
    """How Mask R-CNN is fine-tuned on a COCO-format set, and scored.

    train_images, test_images: folders; train_annotations, test_annotations: COCO's json files.
    initialisation: the encoder starts pretrained, or random as a control. image_size: pixels of the
    shorter side, None: images stay as they are; max_size: most pixels of the longer side.
    epochs, warmup_epochs, batch_size, micro_batch, base_learning_rate (per 256 images),
    weight_decay, betas, layer_decay, clip_norm: as in ClassifierRecipe.
    flip: mirror half of the training images. scale_jitter: least and largest factor by which an
    image is scaled on a canvas of its own size; (1, 1): none.
    n_train, n_test: images, subsets that all runs share; None: all. precision: of training.
    out_channels: of the feature pyramid and the heads. anchor_sizes: pixels, one a level of it.
    regions: proposals of an image that the heads learn from.
    score_threshold: least score of a detection. detections: most an image.
    """

    train_images: str | None
    train_annotations: str | None
    test_images: str | None
    test_annotations: str | None
    initialisation: Literal["pretrained", "random"]
    image_size: int | None
    max_size: int
    epochs: int
    warmup_epochs: float
    batch_size: int
    micro_batch: int | None
    base_learning_rate: float
    weight_decay: float
    betas: tuple[float, ...]
    layer_decay: float
    clip_norm: float | None
    flip: bool
    scale_jitter: tuple[float, ...]
    n_train: int | None
    n_test: int | None
    precision: Literal["float32", "bfloat16"]
    out_channels: int
    anchor_sizes: tuple[int, ...]
    regions: int
    score_threshold: float
    detections: int

    ema_decay: ClassVar[None] = None

    def __post_init__(self) -> None:
        """Raises ValueError if the values do not fit together."""
        check_optimisation(self)
        check_counts(n_train=self.n_train, n_test=self.n_test, image_size=self.image_size)
        _require(self.max_size >= (self.image_size or 1), "max_size is below image_size")
        _require(0 < self.layer_decay <= 1, "layer_decay: expected above 0, up to 1")
        jitter = self.scale_jitter
        _require(
            len(jitter) == 2 and 0 < jitter[0] <= jitter[1],
            f"scale_jitter {list(jitter)}: expected [least, largest] factor above 0",
        )
        sizes = self.anchor_sizes
        _require(
            len(sizes) == LEVELS and min(sizes) > 0,
            f"anchor_sizes {list(sizes)}: expected {LEVELS} numbers of pixels, one a level",
        )
        _require(0 <= self.score_threshold < 1, "score_threshold: expected from 0 to below 1")
        _require(
            min(self.out_channels, self.regions, self.detections) >= 1,
            "out_channels, regions and detections: expected at least 1 each",
        )

    def check_paths(self) -> None:
        """Raise ValueError if a path is not named."""
        for name in ("train_images", "train_annotations", "test_images", "test_annotations"):
            _require(
                getattr(self, name) is not None,
                f"{name} of the detection recipe is null: give the path of your copy of COCO, or "
                "of a set in its format (docs/detection.md)",
            )


def _require(fits: bool, message: str) -> None:
    if not fits:
        raise ValueError(message)
