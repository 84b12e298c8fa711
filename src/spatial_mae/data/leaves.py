"""Leaves of the dead-leaves source: how many, how large, where, of what colour."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from spatial_mae.data.leaf_shapes import REACH
from spatial_mae.study.keys import Count, Length, NotNegative, Positive, Size
from spatial_mae.study.recipes import Checked

BRIGHTNESS = (0.05, 0.75)  # range of a leaf's mean reflectance


@dataclass(frozen=True)
class DeadLeaves(Checked):
    """Generated images of occluding shapes, with classes and exact depth."""

    n_train: Count
    """Training images."""
    n_test: Count
    """Test images."""
    size: Size
    """Height and width in pixels."""
    radius_min: Positive = 2.0
    """Smallest radius in pixels."""
    radius_max: Positive = 32.0
    """Largest radius in pixels."""
    radius_exponent: float = 3.0
    """Exponent of the power law of radii; 3 is scale-invariant."""
    coverage: Positive = 4.0
    """Leaves over each pixel on average."""
    supersampling: Count = 3
    """Samples a pixel along each axis; odd, so that its centre is one."""
    stripe_period: Positive = 0.5
    """Period of striped textures in radii."""
    chroma: NotNegative = 0.2
    """Standard deviation of a leaf's colour channels about its brightness."""
    illumination: NotNegative = 0.22
    """Standard deviation of the light's log gain and of its slope."""
    haze: NotNegative = 0.2
    """Extinction per unit of depth."""
    depth_range: Annotated[tuple[Positive, ...], Length(2, 2)] = (1.0, 10.0)
    """Depths of the nearest leaf and of the wall."""

    def check(self) -> None:
        """Raises ValueError for limits in the wrong order, or pixels whose centre is no sample."""
        rules = {
            "radii need radius_min < radius_max": self.radius_min < self.radius_max,
            "supersampling must be odd": self.supersampling % 2 == 1,
            "depth_range needs near < far": self.depth_range[0] < self.depth_range[1],
        }
        for rule, kept in rules.items():
            if not kept:
                raise ValueError(f"dead_leaves: {rule}; got {self}")


@dataclass(frozen=True)
class Leaves:
    """The leaves of some images, front to back: arrays (images, leaves); last comes the wall."""

    radius: np.ndarray
    row: np.ndarray
    column: np.ndarray
    angle: np.ndarray
    depth: np.ndarray
    reflectance: np.ndarray  # (images, leaves, 3)


def draw_leaves(recipe: DeadLeaves, n: int, rng: np.random.Generator) -> Leaves:
    height, width = recipe.size
    radii, cumulative, mean_cover = size_law(recipe)
    shape = (n, max(1, round(recipe.coverage / mean_cover)) + 1)
    radius = np.interp(rng.random(shape), cumulative, radii)
    near, far = recipe.depth_range
    depth = near * (far / near) ** np.sort(rng.random(shape), axis=1)
    depth[:, -1] = far
    brightness = rng.uniform(*BRIGHTNESS, size=(*shape, 1))
    tint = 1 + recipe.chroma * rng.standard_normal((*shape, 3))
    return Leaves(
        radius=radius,
        row=(height + 2 * REACH * radius) * rng.random(shape) - REACH * radius,
        column=(width + 2 * REACH * radius) * rng.random(shape) - REACH * radius,
        angle=rng.uniform(0, 2 * np.pi, shape),
        depth=depth.astype(np.float32),
        reflectance=np.clip(brightness * tint, 0, None).astype(np.float32),
    )


def size_law(recipe: DeadLeaves) -> tuple[np.ndarray, np.ndarray, float]:
    """Radii and their cumulative law among leaves that meet the image; mean cover of one leaf.

    A leaf of radius r meets the image from an area (height + 2 REACH r)(width + 2 REACH r), hence
    p(r | meets) ~ r^-exponent times that area, and it covers pi r^2 / area of a pixel on average.
    """
    height, width = recipe.size
    radii = np.geomspace(recipe.radius_min, recipe.radius_max, 2049)
    middle, step = np.sqrt(radii[1:] * radii[:-1]), np.diff(radii)
    area = (height + 2 * REACH * middle) * (width + 2 * REACH * middle)
    mass = middle**-recipe.radius_exponent * area * step
    mass /= mass.sum()
    cumulative = np.concatenate([[0.0], np.cumsum(mass)])
    return radii, cumulative, float((mass * np.pi * middle**2 / area).sum())
