"""Settings of the evaluations of a pretrained model."""

from dataclasses import dataclass
from typing import Literal

from spatial_mae.linear.moments import CENTRINGS
from spatial_mae.study.recipes import nearest

Representation = Literal["class_token", "mean", "blocks"]
Tokens = Literal["mean", "class_token"]


@dataclass(frozen=True)
class EvaluationRecipe:
    """Settings of the probes, the k-NN vote, the reconstructions, and the probes' controls.

    representations: what is probed: the class token and the mean patch token after the final norm,
    and the mean patch token after each block; none for images without labels. checkpoints: epochs
    evaluated; the untrained encoder and the last epoch always are. n_train, n_test: labelled images
    used, None for all. validation_share: share of the training images that chooses the penalty.
    penalties: see `probe.fit_logistic`. max_iterations: of L-BFGS, for each fit. neighbours: of the
    k-NN vote; 0 is no vote. n_reconstructed: held-out images reconstructed, each under n_masks
    masks. n_gallery: of them, written out pixel by pixel. control_*: how the second moments of
    the linear controls are made; control_colour None: no controls, for images whose second moments
    no memory holds.
    """

    representations: tuple[Representation, ...]
    checkpoints: Literal["last", "all"]
    n_train: int | None
    n_test: int | None
    validation_share: float
    penalties: tuple[float, ...]
    max_iterations: int
    neighbours: int
    n_reconstructed: int
    n_masks: int
    n_gallery: int
    control_colour: Literal["luma", "rgb"] | None
    control_centring: str
    control_ridge: float

    def __post_init__(self) -> None:
        if not 0 < self.validation_share < 1:
            raise ValueError(f"validation_share {self.validation_share}: expected within (0, 1)")
        if self.representations and not self.penalties:
            raise ValueError("a probe needs penalties to choose from, for instance [0.001, 0.1]")
        wrong = [penalty for penalty in self.penalties if not 0 < penalty < float("inf")]
        if wrong:
            raise ValueError(f"penalties {wrong}: expected numbers above 0")
        for name in ("n_train", "n_test", "max_iterations", "n_reconstructed", "n_masks"):
            _check_count(name, getattr(self, name), 1)
        for name in ("neighbours", "n_gallery"):
            _check_count(name, getattr(self, name), 0)
        if self.control_centring not in CENTRINGS:
            hint = nearest(self.control_centring, CENTRINGS)
            raise ValueError(f"unknown control_centring {self.control_centring!r}; {hint}")


@dataclass(frozen=True)
class SimilarityRecipe:
    """Settings of the comparison of two encoders' layers.

    reference: keys of a run and the values that make it the run compared with; the workflow finds
    that run's weights. n_images of `split`, in batches of batch_size. tokens: which feature of an
    image is compared, the mean of its patch tokens or its class token.
    """

    reference: dict
    n_images: int
    batch_size: int
    split: Literal["test", "train"]
    tokens: Tokens

    def __post_init__(self) -> None:
        _check_count("batch_size", self.batch_size, 4)
        if self.n_images < self.batch_size:
            raise ValueError(
                f"n_images {self.n_images} do not fill one batch of {self.batch_size}: "
                "raise n_images or lower batch_size"
            )


def _check_count(name: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        raise ValueError(f"{name} {value}: expected {least} or more")
