"""Settings of the measurements of a network's Jacobian."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Literal

from spatial_mae.study.keys import (
    Count,
    Images,
    Length,
    NotNegative,
    Part,
    Pixels,
    Positives,
    Range,
    Shares,
    Two,
    UpTo,
)
from spatial_mae.study.recipes import Checked

Split = Literal["test", "train"]


@dataclass(frozen=True)
class Convention:
    """How |J| becomes the weights of Eq. 11, and their entropy a number; see `entropy`."""

    power: int
    channels: str
    base: str | int
    normalised: str


@dataclass(frozen=True)
class Conventions(Checked):
    """What Eq. 11 leaves open; all combinations are measured, figures show the first."""

    powers: Annotated[tuple[Literal[1, 2], ...], Length(1)] = (1,)
    """Of a derivative's size: |J| (1) or J^2 (2). [not stated]"""
    channels: Annotated[tuple[Literal["sum", "separate"], ...], Length(1)] = ("sum",)
    """Summed over the channels of both pixels, or each channel apart. [not stated]"""
    bases: Annotated[tuple[Literal["e", 2], ...], Length(1)] = ("e",)
    """Of the entropy's logarithm: nats (e) or bits (2). [not stated]"""
    normalisations: Annotated[tuple[Literal["no", "visible", "all"], ...], Length(1)] = ("no",)
    """The entropy is divided by the logarithm of the number of visible inputs, of all, or not.
    [not stated]"""

    def weightings(self) -> list[tuple[int, str]]:
        """(power, channels) of every distinct set of weights."""
        return list(product(self.powers, self.channels))

    def units(self) -> list[tuple[str | int, str]]:
        """(base, normalised) in which each entropy is given."""
        return list(product(self.bases, self.normalisations))

    def all(self) -> Iterator[Convention]:
        for (power, channels), (base, normalised) in product(self.weightings(), self.units()):
            yield Convention(power, channels, base, normalised)


@dataclass(frozen=True)
class LinearChoice:
    """How the second moments behind the linear MAE are made: the closed form is of full rank."""

    linear_centring: Literal["raw", "centred"] = "centred"
    """Centring of the linear MAE next to the network; W must read pixels, not standardised ones."""
    linear_ridge: NotNegative = 0.001
    """Ridge of the linear MAE, as a share of the mean variance of a pixel."""
    linear_flip: bool = True
    """Whether its moments are those of the images and their mirror images, which networks see."""


@dataclass(frozen=True, kw_only=True)
class JacobianRecipe(Conventions, LinearChoice):
    """Full Jacobians of some images, each under some masks."""

    split: Split = "test"
    """Which images."""
    n_images: Annotated[Count, Images("split")] = 10
    """Images averaged over."""
    n_masks: Count = 1
    """Masks of each image."""
    outputs: Literal["hidden", "all"] = "hidden"
    """Output pixels counted: those hidden under the mask, or all."""
    n_outputs: Count | None = None
    """So many of them, drawn again for each mask; null: every one."""
    n_bins: Count = 120
    """Bins of the entropies' histograms."""


@dataclass(frozen=True, kw_only=True)
class BasisRecipe(Conventions, LinearChoice):
    """A few output pixels over training, of images under one mask that hides them."""

    split: Split = "test"
    """Which images."""
    n_images: Annotated[Two, Images("split")] = 10
    """Images whose kernels are compared."""
    n_shown: Annotated[Count, UpTo("n_images")] = 3
    """Of them, those whose kernels are pictured."""
    pixels: Pixels
    """Output pixels, each [row, column] from 0."""

    def check(self) -> None:
        check_pixels(self.pixels)
        if self.n_images < self.n_shown:
            raise ValueError(
                f"n_images {self.n_images}: expected at least the {self.n_shown} that are shown"
            )


@dataclass(frozen=True, kw_only=True)
class ComparisonRecipe(LinearChoice, Checked):
    """The network and the linear MAE on the same images."""

    split: Split = "test"
    """Images of the mean kernels and the errors."""
    pixels: Pixels
    """Output pixels whose mean kernels are compared, each [row, column] from 0."""
    n_images: Annotated[Count, Images("split")] = 50
    """Images of the mean kernels, each under one mask that hides `pixels`."""
    n_fitted: Annotated[int, Range(least=4), Images("train")] = 2000
    """Training images to whose reconstructions an affine map is fitted."""
    penalties: Positives = (0.001, 0.01, 0.1, 1.0)
    """Ridges of the affine map, relative to the inputs' mean variance."""
    validation_share: Part = 0.1
    """Share of these images that chooses the ridge."""
    test_share: Part = 0.2
    """Share of these images on which the map is judged."""
    n_errors: Annotated[Count, Images("split")] = 500
    """Images on which both models' errors are measured."""

    def check(self) -> None:
        check_pixels(self.pixels)
        shares = self.validation_share, self.test_share
        if sum(shares) >= 1:
            raise ValueError(f"validation_share and test_share {shares}: their sum must be below 1")


@dataclass(frozen=True, kw_only=True)
class MaskedLossRecipe(Checked):
    """Appendix B on a network: settings of `network_taylor.rows`."""

    split: Split = "test"
    """Which images."""
    n_images: Annotated[Count, Images("split")] = 4
    """Images averaged over."""
    n_masks: Two = 30
    """Masks of each image and mask ratio."""
    mask_ratios: Shares
    """Probabilities that a patch is hidden."""
    input_scales: Positives = (0.3, 1.0, 3.0)
    """Factors of the standardised images."""


def check_pixels(pixels: Sequence[Sequence[int]]) -> None:
    """ValueError if one of these (row, column) is there twice."""
    if len(set(map(tuple, pixels))) < len(pixels):
        raise ValueError(f"pixels {list(pixels)}: expected different [row, column]")
