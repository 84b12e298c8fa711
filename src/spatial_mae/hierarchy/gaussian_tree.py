"""The Gaussian tree: a pixel is the sum of the latents above it, all of them independent Gaussians.

On a full tree of arity b and depth H a latent of level h is above b^h pixels, and has variance s_h;
level 0 is the pixels' own noise. S is diagonal in the tree's Haar basis, whose space of level j
holds what is constant on the blocks of level j, with mean zero on each block above (for j = H: the
constants). There, with mask units of level u, and D the part of S inside units,

    S:  l_j = s_0 + b s_1 + ... + b^j s_j,
    D:  l_j below u,  d = l_u + b^u (s_{u+1} + ... + s_H) from u on,
    V = (1 - e) S + e D,  e the chance of `linear.visibility`.

All symmetries of the tree commute with S, D and V, and each of these spaces is irreducible: so the
linear MAE multiplies each level by one number (docs/quad-tree.md). A pixel may have channels, each
with variances of its own and hidden together: then a feature belongs to a level and a channel.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

MOST_PIXELS = 2**20


@dataclass(frozen=True)
class GaussianTree:
    """arity: children of a latent. variances: of each channel, those of a latent by level.

    The first variance is that of the pixels' own noise, the last that of the root.

    Raises ValueError for an arity below 2, less than two levels, channels of different depths,
    variances that are negative, not finite or all zero in a channel, or over 2^20 pixels.
    """

    arity: int
    variances: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        lengths = {len(channel) for channel in self.variances}
        if self.arity < 2 or len(lengths) != 1 or min(lengths) < 2:
            raise ValueError(
                f"arity {self.arity}, levels of the channels {sorted(lengths)}: a tree needs an "
                "arity of at least 2, and in every channel equally many variances, two or more: "
                "the pixels' own first, the root's last"
            )
        if not np.all(np.isfinite(self.variance)) or (self.variance < 0).any():
            raise ValueError(
                f"variances {self.variances}: each must be a finite number of 0 or more"
            )
        if not (self.variance > 0).any(axis=1).all():
            raise ValueError(
                f"variances {self.variances}: a channel that is 0 on every level has no images; "
                "give it a variance above 0, or leave it out"
            )
        if self.n_pixels > MOST_PIXELS:
            raise ValueError(
                f"{self.arity}^{self.depth} = {self.n_pixels} pixels: use at most {MOST_PIXELS}"
            )

    @classmethod
    def geometric(cls, arity: int, depth: int, ratio: float) -> "GaussianTree":
        """One channel; the variance of a level is `ratio` times that of the level below it."""
        return cls(arity, (tuple(ratio**level for level in range(depth + 1)),))

    @cached_property
    def variance(self) -> np.ndarray:
        """s_h of each channel: (channels, H + 1)."""
        return np.array(self.variances, dtype=float)

    @property
    def depth(self) -> int:
        return len(self.variances[0]) - 1

    @property
    def n_pixels(self) -> int:
        return self.arity**self.depth

    @property
    def n_channels(self) -> int:
        return len(self.variances)

    @cached_property
    def below(self) -> np.ndarray:
        """Pixels below a latent of each level: (H + 1,)."""
        return self.arity ** np.arange(self.depth + 1)

    @cached_property
    def dimensions(self) -> np.ndarray:
        """Of the Haar space of each level, (H + 1,): (b - 1) b^(H-j-1) below the root, 1 at it."""
        blocks = self.n_pixels // self.below
        return blocks - np.append(blocks[1:], 0)

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """l_j of S: (channels, H + 1). They never fall with the level."""
        return np.cumsum(self.variance * self.below, axis=1)

    def check_unit(self, unit_level: int) -> int:
        """The level of the mask units; ValueError unless there are at least two of them."""
        if not 0 <= unit_level < self.depth:
            raise ValueError(
                f"unit level {unit_level} of a tree of depth {self.depth}: mask units are blocks "
                f"of a level in 0..{self.depth - 1}, so that at least two units remain"
            )
        return unit_level

    def n_units(self, unit_level: int) -> int:
        return self.n_pixels // int(self.below[self.check_unit(unit_level)])

    def inside(self, unit_level: int) -> np.ndarray:
        """Eigenvalues of D, the part of S inside mask units: (channels, H + 1)."""
        u = self.check_unit(unit_level)
        above = self.variance[:, u + 1 :].sum(axis=1, keepdims=True)
        level = np.arange(self.depth + 1)
        whole = self.eigenvalues[:, [u]] + self.below[u] * above
        return np.where(level < u, self.eigenvalues, whole)

    def masked(self, unit_level: int, effective: float) -> np.ndarray:
        """Eigenvalues of V = (1 - e) S + e D: (channels, H + 1)."""
        return (1 - effective) * self.eigenvalues + effective * self.inside(unit_level)

    def moment(self) -> np.ndarray:
        """S (N C, N C), a pixel's channels next to each other: for small trees."""
        same = np.zeros((self.n_channels, self.n_pixels, self.n_pixels))
        for level, size in enumerate(self.below):
            block = np.arange(self.n_pixels) // size
            together = block[:, None] == block[None, :]
            same += self.variance[:, level, None, None] * together
        channel = np.eye(self.n_channels)
        dense = np.einsum("cij,cd->icjd", same, channel)
        return dense.reshape(self.n_pixels * self.n_channels, -1)

    def unit_index(self, unit_level: int) -> np.ndarray:
        """The mask unit of each coordinate of `moment`: (N C,)."""
        size = self.below[self.check_unit(unit_level)]
        return np.repeat(np.arange(self.n_pixels) // size, self.n_channels)


def gains(tree: GaussianTree, unit_level: int, effective: float) -> np.ndarray:
    """Eigenvalues of S V^-1 S, by which k features are chosen: (channels, H + 1).

    l_j^2 / ((1 - e) l_j + e d_j); 0 where nothing varies.
    """
    own, masked = tree.eigenvalues, tree.masked(unit_level, effective)
    return np.divide(own**2, masked, where=own > 0, out=np.zeros_like(own))


def count_features(
    tree: GaussianTree, unit_level: int, effective: float, n_latents: int
) -> np.ndarray:
    """How many of the k best features are of each level: int (channels, H + 1).

    Equal gains, as where a level has no variance: the higher level first, then the first channel.
    Raises ValueError unless 1 <= k <= coordinates.
    """
    total = tree.n_pixels * tree.n_channels
    if not 1 <= n_latents <= total:
        raise ValueError(f"n_latents {n_latents}: must be in 1..{total}, the coordinates")
    size = np.broadcast_to(tree.dimensions, tree.eigenvalues.shape)
    channel, level = np.indices(size.shape)
    ranked = np.lexsort([channel.ravel(), -level.ravel(), -_rounded(tree, unit_level, effective)])
    before = np.cumsum(size.ravel()[ranked]) - size.ravel()[ranked]
    counts = np.empty(size.size, dtype=int)
    counts[ranked] = np.clip(n_latents - before, 0, size.ravel()[ranked])
    return counts.reshape(size.shape)


def _rounded(tree: GaussianTree, unit_level: int, effective: float) -> np.ndarray:
    """Gains, those that differ by rounding alone made equal."""
    found = gains(tree, unit_level, effective).ravel()
    scale = found.max()
    return np.round(found / scale, 12) * scale


@dataclass(frozen=True)
class Crossing:
    """At the effective mask ratio `effective` the `rising` feature passes the `falling` one.

    Both are (channel, level). Beyond it the rising one has the larger gain.
    """

    effective: float
    rising: tuple[int, int]
    falling: tuple[int, int]


def crossings(tree: GaussianTree, unit_level: int) -> list[Crossing]:
    """All changes of the order of features at 0 < e < 1, the first one first.

    1 / gain is linear in e, so that two features change their order at most once, at
    l m (l - m) / (m^2 (d_l - l) - l^2 (d_m - m)) for eigenvalues l, m of S and d_l, d_m of D.
    """
    own, inside = tree.eigenvalues, tree.inside(unit_level)
    places = [tuple(map(int, place)) for place in np.argwhere(own > 0)]
    found = []
    for first in places:
        for second in places:
            if own[first] > own[second]:  # `first` is ahead where nothing is hidden
                at = _meeting(own[first], own[second], inside[first], inside[second])
                found += [Crossing(at, second, first)] if 0 < at < 1 else []
    return sorted(found, key=lambda crossing: crossing.effective)


def _meeting(ahead: float, behind: float, inside_ahead: float, inside_behind: float) -> float:
    slope = behind**2 * (inside_ahead - ahead) - ahead**2 * (inside_behind - behind)
    return float(ahead * behind * (ahead - behind) / slope) if slope > 0 else np.inf


def shared_weights(tree: GaussianTree, unit_level: int, effective: float) -> np.ndarray:
    """W of the loss on hidden patches at full rank, by level: (channels, H + 1).

    (l_j - c) / ((1 - e) l_j + e d) from level u on, 0 below, with c so that W vanishes inside
    units. Only what units share is left.

    effective: the chance that a unit is hidden, given that the target's unit is hidden and another
    one is visible. Raises ValueError where it is 0 and an eigenvalue of S is 0: V is singular.
    """
    u, own = tree.check_unit(unit_level), tree.eigenvalues
    masked = tree.masked(u, effective)
    if (masked[:, u:] <= 0).any():
        raise ValueError(
            "V = (1-e) S + e D is singular: a level without variance below it, and no two units "
            "are ever hidden together; hide more units, or give the pixels a variance"
        )
    size = np.where(np.arange(tree.depth + 1) >= u, tree.dimensions, 0)
    share = size / np.where(size > 0, masked, 1)
    centre = (share * own).sum(axis=1, keepdims=True) / share.sum(axis=1, keepdims=True)
    return share / np.maximum(size, 1) * (own - centre)


def code_weights(tree: GaussianTree, unit_level: int, effective: float, k: int) -> np.ndarray:
    """W of the linear MAE with k features, by level: (channels, H + 1).

    l_j / ((1 - e) l_j + e d_j). Where k ends inside a level, W is not unique: the mean over all
    equally good ones, which keeps the tree's symmetries.
    """
    own, masked = tree.eigenvalues, tree.masked(unit_level, effective)
    whitened = np.divide(own, masked, where=own > 0, out=np.zeros_like(own))
    return whitened * count_features(tree, unit_level, effective, k) / tree.dimensions


def explained(
    tree: GaussianTree, counts: np.ndarray, spread: np.ndarray | None = None
) -> np.ndarray:
    """R^2 of the latents of each level from linear features of an image, (H + 1,); NaN: no latents.

    The mean over all latents of a level: sum over j >= h of counts_j b^h s_h / (n_h l_j). counts:
    features of each level (channels, H + 1). spread: their variance, l_j unless given; images with
    hidden units have variance v * V and covariance v, v the visible share: give V / v.
    """
    spread = tree.eigenvalues if spread is None else spread
    varying = tree.eigenvalues > 0
    per_level = np.divide(counts, spread, where=varying, out=np.zeros(varying.shape))
    above = np.cumsum(per_level[:, ::-1], axis=1)[:, ::-1]
    n = (tree.variance > 0).sum(axis=0)
    found = (above * tree.variance * tree.below**2 / tree.n_pixels).sum(axis=0)
    return np.divide(found, n, where=n > 0, out=np.full(len(n), np.nan))


def mean_level(tree: GaussianTree, r_squared: np.ndarray) -> float:
    """The level of what is explained, each latent with the weight of its R^2 (H + 1,).

    k features of whole images explain k latents in all: one of level j the share b^h s_h / l_j of
    one of level h. So this rises and falls with the levels of the features.
    """
    n_latents = (tree.variance > 0).sum(axis=0) * (tree.n_pixels // tree.below)
    known = np.nan_to_num(r_squared) * n_latents
    return float(known @ np.arange(len(known)) / known.sum())
