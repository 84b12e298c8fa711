"""Structural equations of a quad-tree of latents: invertible, non-linear, drawn from a seed.

Every variable is z = g([z of its parent, own noise]) (Kong et al. 2023, Eq. 1), the root its
noise alone. Noises are independent standard normals. All variables of a level share one g, as
textures are alike all over an image; g is layers of a rotation and an additive coupling

    (a, b) -> (a, (b + k sqrt(2) sin(a V)) / D),    D^2 = 1 + k^2 (1 - exp(-2 w^2)),

of the halves of its argument, k the `strength`, columns of V of length w, the `frequency`. Its
inverse subtracts the sine. D keeps the variance at 1 where a is normal. Variables have as many
coordinates as parent and noise together, so that nothing is lost: one patch determines every
variable above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import ortho_group

from spatial_mae.hierarchy.builders import square_name


@dataclass(frozen=True)
class Equations:
    """How the maps bend. n_layers: of each; strength 0 makes them linear; frequency: radians."""

    n_layers: int
    strength: float
    frequency: float

    def __post_init__(self) -> None:
        finite = all(0 <= value < float("inf") for value in (self.strength, self.frequency))
        if self.n_layers < 1 or not finite:
            raise ValueError(
                f"n_layers {self.n_layers}, strength {self.strength}, frequency {self.frequency}: "
                "expected at least 1 layer, and numbers of at least 0"
            )


@dataclass(frozen=True)
class InvertibleMap:
    """An invertible map of R^d: rotations (n_layers, d, d), waves V (n_layers, d // 2, d - d // 2).

    strength: of the couplings. scale: D.
    """

    rotations: np.ndarray
    waves: np.ndarray
    strength: float
    scale: float

    @classmethod
    def draw(cls, rng: np.random.Generator, size: int, equations: Equations) -> "InvertibleMap":
        """Uniformly random rotations and directions of the waves."""
        n, half, strength = equations.n_layers, size // 2, equations.strength
        rotations = np.ones((n, 1, 1))
        if size > 1:
            rotations = ortho_group.rvs(size, n, random_state=rng).reshape(n, size, size)
        waves = rng.standard_normal((n, half, size - half))
        waves *= equations.frequency / np.maximum(
            np.linalg.norm(waves, axis=1, keepdims=True), 1e-300
        )
        variance = 1 - np.exp(-2 * equations.frequency**2)
        return cls(rotations, waves, strength, float(np.sqrt(1 + strength**2 * variance)))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(..., d) -> (..., d)."""
        for rotation, waves in zip(self.rotations, self.waves, strict=True):
            values = values @ rotation
            kept, moved = np.split(values, [len(waves)], axis=-1)
            moved = (moved + self._bend(kept, waves)) / self.scale
            values = np.concatenate([kept, moved], axis=-1)
        return values

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """(..., d) -> (..., d)."""
        for rotation, waves in zip(self.rotations[::-1], self.waves[::-1], strict=True):
            kept, moved = np.split(values, [len(waves)], axis=-1)
            moved = moved * self.scale - self._bend(kept, waves)
            values = np.concatenate([kept, moved], axis=-1) @ rotation.T
        return values

    def _bend(self, kept: np.ndarray, waves: np.ndarray) -> np.ndarray:
        return self.strength * np.sqrt(2) * np.sin(kept @ waves)


@dataclass(frozen=True)
class QuadTreeModel:
    """A quad-tree of latents whose observables are patches, 2^depth in each direction.

    noise_sizes: coordinates of one variable's noise on each level, the root's first, the patches'
    last. maps: g of each level below the root.

    The noises of an image are one row (n_noises,): levels from the root down, the variables of a
    level row by row, the coordinates of a variable together.
    """

    noise_sizes: tuple[int, ...]
    maps: tuple[InvertibleMap, ...]

    @classmethod
    def draw(
        cls, rng: np.random.Generator, noise_sizes: Sequence[int], equations: Equations
    ) -> "QuadTreeModel":
        """Raises ValueError for less than two levels or a noise without coordinate."""
        if len(noise_sizes) < 2 or min(noise_sizes) < 1:
            raise ValueError(
                f"noise_sizes {list(noise_sizes)}: one number of at least 1 for each level, the "
                "root's first and the patches' last, is needed"
            )
        sizes = np.cumsum(noise_sizes)[1:]
        maps = tuple(InvertibleMap.draw(rng, int(n), equations) for n in sizes)
        return cls(tuple(noise_sizes), maps)

    @property
    def depth(self) -> int:
        return len(self.maps)

    @property
    def n_noises(self) -> int:
        return sum(4**i * size for i, size in enumerate(self.noise_sizes))

    @property
    def names(self) -> tuple[str, ...]:
        """The variable of `hierarchy.builders.quad_tree` that each coordinate is the noise of."""
        return tuple(
            square_name(self.depth - i, row, column)
            for i, size in enumerate(self.noise_sizes)
            for row in range(2**i)
            for column in range(2**i)
            for _ in range(size)
        )

    def patches(self, noises: np.ndarray) -> np.ndarray:
        """Noises (n, n_noises) to patches (n, 4^depth, sum of noise_sizes), row by row."""
        by_level = self._split(noises)
        values = by_level[0]
        for own, level_map in zip(by_level[1:], self.maps, strict=True):
            above = values.repeat(2, axis=1).repeat(2, axis=2)
            values = level_map(np.concatenate([above, own], axis=-1))
        return values.reshape(len(noises), 4**self.depth, -1)

    def noises(self, patches: np.ndarray) -> np.ndarray:
        """The inverse of `patches`; a variable is read from the first patch below it."""
        side = 2**self.depth
        values = patches.reshape(len(patches), side, side, -1)
        found = []
        for i in range(self.depth, 0, -1):
            values = self.maps[i - 1].inverse(values)
            found.append(values[..., -self.noise_sizes[i] :])
            values = values[:, ::2, ::2, : -self.noise_sizes[i]]
        rows = [part.reshape(len(patches), -1) for part in [*found, values]]
        return np.concatenate(rows[::-1], axis=1)

    def _split(self, noises: np.ndarray) -> list[np.ndarray]:
        """Of each level, the noises as (n, side, side, size)."""
        counts = [4**i * size for i, size in enumerate(self.noise_sizes)]
        parts = np.split(noises, np.cumsum(counts)[:-1], axis=1)
        return [part.reshape(len(noises), 2**i, 2**i, -1) for i, part in enumerate(parts)]
