"""The expected level of what is shared, exactly, on a full tree whose mask units are its branches.

A node is mixed if units below it are hidden and visible, else pure. C holds the mixed nodes whose
children are all pure. With y marking a hidden unit, a node above n units has

    pure(y) = 1 + y^n,    M(y) = the masks in which it is mixed,

and a node with b children, above b n units, is in C for (1 + y^n)^b - (1 + y^bn) of its masks: at
independent units, with probability (m^n + (1-m)^n)^b - m^bn - (1-m)^bn. Three recursions follow,
with T = pure + M of a child:

- masks whose members are all above level t: M = T^b - (1 + y^bn) above t, and 0 up to t;
- masks without a member above level t: M = T^b - (1 + y^n)^b above t, and all mixed up to t;
- the mean of a ratio, E[S / W] = integral over 0 < z < 1 of E[S z^(W-1)], S the sum of weight
  times level over C and W the sum of weights. With G(z) = sum of z^W and S(z) = sum of S z^W over
  the mixed masks, G = T^b - pure^b + z^w c and S = b T^(b-1) S_child + z^w w h c for c masks
  that put the node itself, of level h and weight w, into C. Gauss-Legendre of enough nodes is
  exact for such polynomials.

The coefficient of y^M over the binomial (P over M) is the answer for exactly M of P hidden units;
independent units mix these by their binomial weights, given that M is neither 0 nor P.
"""

import math
from dataclasses import dataclass

import numpy as np

from spatial_mae.hierarchy.levels import DEFINITIONS
from spatial_mae.hierarchy.limits import MOST_UNITS


@dataclass(frozen=True)
class UnitTree:
    """A full tree and its mask units.

    arity, depth: children of a node and levels above the leaves. unit_level: the level of the
    nodes whose leaves make a unit, 0 for single leaves.

    Raises ValueError for an arity below 2, a unit level outside 0..depth - 1, or over 1,024 units.
    """

    arity: int
    depth: int
    unit_level: int

    def __post_init__(self) -> None:
        if self.arity < 2 or not 0 <= self.unit_level < self.depth:
            raise ValueError(
                f"arity {self.arity}, depth {self.depth}, unit level {self.unit_level}: the arity "
                "must be at least 2 and the unit level in 0..depth - 1"
            )
        if self.n_units > MOST_UNITS:
            raise ValueError(
                f"{self.n_units} mask units: expected levels have a formula for at most "
                f"{MOST_UNITS}; take larger units"
            )

    @property
    def n_units(self) -> int:
        return self.arity ** (self.depth - self.unit_level)

    def steps(self) -> list[tuple[int, int]]:
        """(level, units below a child) of the nodes above units, bottom up."""
        levels = range(self.unit_level + 1, self.depth + 1)
        return [(h, self.arity ** (h - 1 - self.unit_level)) for h in levels]


def expected_levels(tree: UnitTree) -> dict[str, np.ndarray]:
    """Of each definition its mean at every count of hidden units: (n_units + 1,), NaN at the ends.

    Entry M is the mean over all masks of exactly M hidden units.
    """
    above = {t: _lowest_above(tree, t) for t in range(tree.unit_level, tree.depth)}
    none_above = {t: _none_above(tree, t) for t in range(tree.unit_level, tree.depth)}
    n_mixed = _proper_masks(tree)
    found = {
        "lowest": tree.unit_level + sum(above.values()) / n_mixed,
        "highest": tree.depth - sum(none_above.values()) / n_mixed,
        "mean": _mean_of_ratio(tree, dict.fromkeys(range(tree.depth + 1), 1)) / n_mixed,
        "weighted": _mean_of_ratio(tree, _dimensions(tree)) / n_mixed,
        "top_alone": above[tree.depth - 1] / n_mixed,
    }
    return {name: found[name] for name in DEFINITIONS}


def expected_at(levels: np.ndarray, law: str, mask_ratio: float, n_hidden: int) -> float:
    """The mean under a law, `exact` or `bernoulli`, from the means at every count of hidden units.

    Raises ValueError for another law, or mask ratio 0 of `bernoulli`.
    """
    if law == "exact":
        return float(levels[n_hidden])
    if law != "bernoulli" or mask_ratio <= 0:
        raise ValueError(
            f"no formula for the law {law!r} at mask ratio {mask_ratio}; use exact, or bernoulli "
            "above 0"
        )
    n = len(levels) - 1
    weights = [math.comb(n, k) * mask_ratio**k * (1 - mask_ratio) ** (n - k) for k in range(1, n)]
    return float(np.dot(weights, levels[1:-1]) / sum(weights))


def _proper_masks(tree: UnitTree) -> np.ndarray:
    """Share of masks of each count of hidden units, NaN where all or nothing is hidden."""
    n = tree.n_units
    return np.array([math.comb(n, k) / 2**n if 0 < k < n else np.nan for k in range(n + 1)])


def _dimensions(tree: UnitTree) -> dict[int, int]:
    """Level -> dimension of a variable: its noise and those of the variables above it."""
    return {h: tree.depth - h + 1 for h in range(tree.depth + 1)}


def _lowest_above(tree: UnitTree, level: int) -> np.ndarray:
    """Share of masks, by count of hidden units, whose members of C are all above `level`."""
    mixed = np.zeros(2)
    for h, n in tree.steps():
        mixed = _power(_pure(n) + mixed, tree.arity) - _pure(tree.arity * n)
        if h <= level:
            mixed = np.zeros_like(mixed)
    return mixed


def _none_above(tree: UnitTree, level: int) -> np.ndarray:
    """Share of masks, by count of hidden units, with no member of C above `level`."""
    mixed = np.zeros(2)
    for h, n in tree.steps():
        whole = _power(_pure(n) + mixed, tree.arity)
        mixed = whole - (_pure(tree.arity * n) if h <= level else _power(_pure(n), tree.arity))
    return mixed


def _mean_of_ratio(tree: UnitTree, weights: dict[int, int]) -> np.ndarray:
    """Sum over masks, by count of hidden units, of sum(weight * level) / sum(weight) over C.

    In units of the number of all masks, as the shares above.
    """
    most = max(weights[h] * tree.n_units // (tree.arity * n) for h, n in tree.steps())
    nodes, areas = np.polynomial.legendre.leggauss(most // 2 + 1)
    z, areas = (nodes[:, None] + 1) / 2, areas / 2
    mixed, total = np.zeros((len(z), 2)), np.zeros((len(z), 2))
    for h, n in tree.steps():
        whole = _pure(n) + mixed
        pure = _power(_pure(n), tree.arity)
        own = pure - _pure(tree.arity * n)
        power = z ** weights[h]
        below = tree.arity * _product(_power(whole, tree.arity - 1), total)
        total = below + power * (weights[h] * h * own)
        mixed = _power(whole, tree.arity) - pure + power * own
    return areas @ (total / z)


def _pure(n: int) -> np.ndarray:
    """(1 + y^n) / 2^n by powers of y: counts of masks overflow, shares of all 2^n masks do not."""
    polynomial = np.zeros(n + 1)
    polynomial[[0, n]] = 0.5**n
    return polynomial


def _power(polynomials: np.ndarray, exponent: int) -> np.ndarray:
    result = polynomials
    for _ in range(exponent - 1):
        result = _product(result, polynomials)
    return result


def _product(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Products along the last axis, term by term: a Fourier transform would drown small ones."""
    shape = np.broadcast_shapes(ours.shape[:-1], theirs.shape[:-1])
    result = np.zeros((*shape, ours.shape[-1] + theirs.shape[-1] - 1))
    for power in range(ours.shape[-1]):
        result[..., power : power + theirs.shape[-1]] += ours[..., power, None] * theirs
    return result
