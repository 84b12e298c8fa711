"""Settings of the measurements of a network's Jacobian."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from spatial_mae.linear.moments import CENTRINGS
from spatial_mae.study.recipes import nearest

Split = Literal["test", "train"]


@dataclass(frozen=True)
class Convention:
    """How |J| becomes the weights of Eq. 11, and their entropy a number; see `entropy`."""

    power: int
    channels: str
    base: str | int
    normalised: str


@dataclass(frozen=True)
class Conventions:
    """What Eq. 11 leaves open; all combinations are measured, figures show the first.

    powers: |J| or J^2. channels: "sum" over those of both pixels, or "separate". bases: of the
    logarithm, "e" or 2. normalisations: divided by the logarithm of the number of inputs that are
    "visible", of "all", or not ("no").
    """

    powers: tuple[Literal[1, 2], ...]
    channels: tuple[Literal["sum", "separate"], ...]
    bases: tuple[Literal["e", 2], ...]
    normalisations: tuple[Literal["no", "visible", "all"], ...]

    def __post_init__(self) -> None:
        for name in ("powers", "channels", "bases", "normalisations"):
            if not getattr(self, name):
                raise ValueError(f"{name}: give at least one")

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

    linear_centring: str
    linear_ridge: float
    linear_flip: bool

    def __post_init__(self) -> None:
        if self.linear_centring not in CENTRINGS:
            hint = nearest(self.linear_centring, CENTRINGS)
            raise ValueError(f"unknown linear_centring {self.linear_centring!r}; {hint}")
        if self.linear_centring == "standardised":
            raise ValueError("linear_centring: W must read pixels; use 'centred' or 'raw'")


@dataclass(frozen=True)
class JacobianRecipe(Conventions, LinearChoice):
    """Full Jacobians: n_images of `split`, each under n_masks masks.

    outputs: pixels counted, those the mask hides or all. n_outputs: so many of them, drawn anew for
    each mask; None for all. n_bins: of the entropies' histograms.
    """

    split: Split
    n_images: int
    n_masks: int
    outputs: Literal["hidden", "all"]
    n_outputs: int | None
    n_bins: int

    def __post_init__(self) -> None:
        Conventions.__post_init__(self)
        LinearChoice.__post_init__(self)
        _check_counts(self, "n_images", "n_masks", "n_outputs", "n_bins")


@dataclass(frozen=True)
class BasisRecipe(Conventions, LinearChoice):
    """A few output pixels over training: n_images of `split` under one mask that hides `pixels`.

    pixels: (row, column) of each. n_shown: of the images, those whose kernels are written out.
    """

    split: Split
    n_images: int
    n_shown: int
    pixels: tuple[list, ...]

    def __post_init__(self) -> None:
        Conventions.__post_init__(self)
        LinearChoice.__post_init__(self)
        _check_counts(self, "n_images", "n_shown")
        check_pixels(self.pixels)
        if not 2 <= self.n_images >= self.n_shown:
            raise ValueError(
                f"n_images {self.n_images}: expected at least 2, whose kernels are compared, and "
                f"at least the {self.n_shown} that are shown"
            )


@dataclass(frozen=True)
class ComparisonRecipe(LinearChoice):
    """The network beside the linear MAE, on images of `split`.

    pixels: outputs whose mean kernels are compared. n_images: averaged, each under one mask that
    hides `pixels`. n_fitted: training images whose reconstructions are fitted by affine maps, with
    the penalties and shares of `second_order.affine_fit`. n_errors: images on which the errors of
    both models are measured.
    """

    split: Split
    pixels: tuple[list, ...]
    n_images: int
    n_fitted: int
    penalties: tuple[float, ...]
    validation_share: float
    test_share: float
    n_errors: int

    def __post_init__(self) -> None:
        LinearChoice.__post_init__(self)
        _check_counts(self, "n_images", "n_fitted", "n_errors")
        check_pixels(self.pixels)
        shares = self.validation_share, self.test_share
        if not self.penalties or min(self.penalties) <= 0:
            raise ValueError(f"penalties {list(self.penalties)}: give at least one, all above 0")
        if min(shares) <= 0 or sum(shares) >= 1:
            raise ValueError(
                f"validation_share and test_share {shares}: both above 0, and their sum below 1"
            )


@dataclass(frozen=True)
class MaskedLossRecipe:
    """Appendix B on a network: settings of `network_taylor.rows` for n_images of `split`."""

    split: Split
    n_images: int
    n_masks: int
    mask_ratios: tuple[float, ...]
    input_scales: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_counts(self, "n_images", "n_masks")


def check_pixels(pixels: Sequence[Sequence[int]]) -> None:
    """ValueError unless these are one or more (row, column), none twice."""
    places = [tuple(pixel) for pixel in pixels]
    whole = all(len(p) == 2 and all(type(v) is int and v >= 0 for v in p) for p in places)
    if not places or not whole or len(set(places)) < len(places):
        raise ValueError(
            f"pixels {list(pixels)}: expected different [row, column] of whole numbers, 0 or more"
        )


def _check_counts(recipe: object, *names: str) -> None:
    for name in names:
        value = getattr(recipe, name)
        if value is not None and value < 1:
            raise ValueError(f"{name} {value}: expected 1 or more")
