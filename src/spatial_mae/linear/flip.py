"""Even and odd halves of moments that a horizontal flip leaves unchanged."""

from dataclasses import dataclass

import numpy as np

SYMMETRY_TOLERANCE = 1e-12
ROOT_TWO = np.sqrt(2.0)


@dataclass(frozen=True)
class Fold:
    """Orthonormal coordinates in which a flip-symmetric matrix splits into two blocks.

    `left` and `right` are paired by the flip; `fixed` coordinates (the middle column of an odd
    width) are their own image. Even half: (left + right) / sqrt 2, then fixed. Odd: (left - right)
    / sqrt 2.
    """

    left: np.ndarray
    right: np.ndarray
    fixed: np.ndarray

    def even(self, S: np.ndarray) -> np.ndarray:
        """Even block of a symmetric (d, d) matrix that commutes with the flip."""
        pairs = S[np.ix_(self.left, self.left)] + S[np.ix_(self.left, self.right)]
        cross = ROOT_TWO * S[np.ix_(self.left, self.fixed)]
        return np.block([[pairs, cross], [cross.T, S[np.ix_(self.fixed, self.fixed)]]])

    def odd(self, S: np.ndarray) -> np.ndarray:
        """Odd block of a symmetric (d, d) matrix that commutes with the flip."""
        return S[np.ix_(self.left, self.left)] - S[np.ix_(self.left, self.right)]

    def from_even(self, columns: np.ndarray) -> np.ndarray:
        """Vectors of the even half, shape (d_even, k), in all coordinates: (d, k)."""
        paired, fixed = np.split(columns, [len(self.left)])
        result = np.empty((2 * len(self.left) + len(self.fixed), columns.shape[1]))
        result[self.left] = result[self.right] = paired / ROOT_TWO
        result[self.fixed] = fixed
        return result

    def from_odd(self, columns: np.ndarray) -> np.ndarray:
        """Vectors of the odd half, shape (d_odd, k), in all coordinates: (d, k)."""
        result = np.zeros((2 * len(self.left) + len(self.fixed), columns.shape[1]))
        result[self.left] = columns / ROOT_TWO
        result[self.right] = -columns / ROOT_TWO
        return result


def fold(mirror: np.ndarray) -> Fold:
    """The fold of the flip given as a permutation of the coordinates, `patches.mirror_index`."""
    coordinates = np.arange(len(mirror))
    left = coordinates[coordinates < mirror]
    return Fold(left, mirror[left], coordinates[coordinates == mirror])


def folded_index(index: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Patch numbers in which a patch and its mirror image are one.

    Raises ValueError if the flip does not map patches onto patches.
    """
    pairs = np.unique(np.stack([index, index[mirror]]), axis=1).shape[1]
    if pairs != len(np.unique(index)):
        raise ValueError("the flip does not map patches onto patches: solve without `mirror`")
    return np.minimum(index, index[mirror])


def check_symmetric(S: np.ndarray, mirror: np.ndarray) -> None:
    """ValueError unless S is unchanged by the flip."""
    if np.shape(mirror) != (len(S),) or not np.array_equal(np.sort(mirror), np.arange(len(S))):
        raise ValueError(f"mirror must be a permutation of the {len(S)} coordinates of S")
    gap = np.abs(S - S[np.ix_(mirror, mirror)]).max()
    if gap > SYMMETRY_TOLERANCE * np.abs(S).max():
        raise ValueError(
            f"S changes by {gap:.3g} under the flip: use moments with flip=True, "
            "or solve without `mirror`"
        )
