"""Depth maps as regression targets, and the images as the encoders expect them."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from spatial_mae.data.store import Dataset
from spatial_mae.files import Row
from spatial_mae.linear.colour import pixel_rows
from spatial_mae.linear.normalisation import normalisation
from spatial_mae.linear.store import LinearRun

Target = Literal["depth", "log_depth", "disparity"]


@dataclass(frozen=True)
class DepthData:
    """Pixels as the encoders expect them (n, d) and targets (n, p), NaN where unknown, by split."""

    train_pixels: np.ndarray
    train_targets: np.ndarray
    test_pixels: np.ndarray
    test_targets: np.ndarray

    @property
    def pixels(self) -> tuple[np.ndarray, np.ndarray]:
        return self.train_pixels, self.test_pixels


def depth_targets(depth: np.ndarray, target: Target, unit: str) -> np.ndarray:
    """Maps (n, height, width) as float64 targets (n, height * width), NaN where unknown.

    A disparity is known by its unit, pixels. Raises ValueError if the maps, in `unit`, are
    disparities and `target` is not, or the reverse.
    """
    if target not in get_args(Target):
        raise ValueError(f"target {target!r}: expected one of {', '.join(get_args(Target))}")
    stored = "disparity" if "pixel" in unit.lower() else "depth"
    if not target.endswith(stored):
        fix = "disparity" if stored == "disparity" else "depth or log_depth"
        raise ValueError(f"target {target!r}, but the maps hold {unit!r}: use the target {fix}")
    values = depth.reshape(len(depth), -1).astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    if target == "log_depth":
        values = np.log(values, where=values > 0, out=np.full_like(values, np.nan))
    return values


def depth_data(dataset: Dataset, run: LinearRun, target: Target) -> DepthData:
    """Images of a data set, normalised as those behind the encoders of `run`, and their depth maps.

    Raises FileNotFoundError if the data set has no depth, ValueError if its images differ in size
    from those behind the encoders or `target` is not what its maps hold.
    """
    targets = [
        depth_targets(dataset.depth(split), target, dataset.manifest["depth_unit"])
        for split in ("train", "test")
    ]
    moments, settings = run.moments, run.settings
    normalise = normalisation(moments, settings.centring, settings.flip)
    pixels = [pixel_rows(dataset.images(split), moments.colour) for split in ("train", "test")]
    if pixels[0].shape[1] != len(moments.total):
        raise ValueError(
            f"images of {pixels[0].shape[1]} coordinates, but encoders for {len(moments.total)}: "
            "solve the encoders on this data set"
        )
    return DepthData(normalise.rows(pixels[0]), targets[0], normalise.rows(pixels[1]), targets[1])


@dataclass(frozen=True)
class MeanMap:
    """The baseline: the training mean of each pixel, and its squared error on each test image.

    errors: sums over known pixels, (n_test,). n_pixels: known values that were scored, those of
    pixels known in some training image.
    """

    errors: np.ndarray
    n_pixels: int
    n_train: int
    n_test: int

    def compare(self, errors: np.ndarray) -> Row:
        """The columns of a model with these squared errors of each test image, (n_test,)."""
        return {
            "error": float(errors.sum() / self.errors.sum()),
            "rmse": float((errors.sum() / self.n_pixels) ** 0.5),
            "n_train": self.n_train,
            "n_test": self.n_test,
        }

    def gain(self, errors: np.ndarray, rival: np.ndarray) -> Row:
        """By how much a model's error is below a rival's, and the standard error of that.

        Both judge the same images: the error is that of the mean of their paired differences (the
        delta method for a ratio of sums), the images taken as independent.
        """
        total, count = self.errors.sum(), len(errors)
        gain = float((rival - errors).sum() / total)
        excess = rival - errors - gain * self.errors
        error = float(np.std(excess, ddof=1) * count**0.5 / total) if count > 1 else None
        return {"gain": gain, "standard_error": error}


def mean_map(data: DepthData) -> MeanMap:
    """Score the training mean map; ValueError if there is nothing to score, or no error to beat."""
    known = np.isfinite(data.train_targets)
    total = np.where(known, data.train_targets, 0.0).sum(axis=0)
    mean = np.full(len(total), np.nan)
    np.divide(total, known.sum(axis=0), out=mean, where=known.any(axis=0))
    residuals = data.test_targets - mean
    errors = np.nansum(residuals**2, axis=1)
    if not errors.sum() > 0:
        raise ValueError(
            f"no valid pixel to score on {len(residuals)} test images: none is known in both "
            "splits, or all equal the training mean; check the depth maps"
        )
    n_pixels = int(np.isfinite(residuals).sum())
    return MeanMap(errors, n_pixels, len(data.train_targets), len(data.test_targets))
