"""Cholesky factor of a matrix that is block diagonal over patches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cholesky, eigvalsh
from scipy.linalg.blas import dtrsm

from spatial_mae.linear.validation import singular_message

# Pivots this many roundings above zero are taken for zero.
PIVOT_ROUNDINGS = 10


@dataclass(frozen=True)
class BlockCholesky:
    """D = L L^T for a block-diagonal D (d, d): each block's coordinates and lower factor."""

    coordinates: Sequence[np.ndarray]
    factors: Sequence[np.ndarray]

    def multiply(self, matrix: np.ndarray) -> np.ndarray:
        """L @ matrix, for a matrix of shape (d, q)."""
        return self._by_block(matrix, lambda factor, rows: factor @ rows)

    def solve(self, matrix: np.ndarray) -> np.ndarray:
        """L^-1 @ matrix."""
        return self._by_block(matrix, lambda factor, rows: _solve(factor, rows, False))

    def solve_transposed(self, matrix: np.ndarray) -> np.ndarray:
        """L^-T @ matrix."""
        return self._by_block(matrix, lambda factor, rows: _solve(factor, rows, True))

    def _by_block(self, matrix: np.ndarray, step: Callable) -> np.ndarray:
        result = np.empty(matrix.shape)
        for rows, factor in zip(self.coordinates, self.factors, strict=True):
            result[rows] = step(factor, matrix[rows])
        return result

    def packed(self) -> np.ndarray:
        """The factors as one flat array, for a file."""
        return np.concatenate([factor.ravel() for factor in self.factors])


def block_coordinates(index: np.ndarray) -> list[np.ndarray]:
    """The coordinates of each patch, in the order of the patches' numbers."""
    order = np.argsort(index, kind="stable")
    sizes = np.unique(index, return_counts=True)[1]
    return np.split(order, np.cumsum(sizes)[:-1])


def block_cholesky(blocks: Sequence[np.ndarray], index: np.ndarray) -> BlockCholesky:
    """Factorise the blocks D_b of each patch, given in the order of the patches' numbers.

    Raises ValueError, with the extreme eigenvalues, if a block is singular to working precision.
    """
    factors = [_factor(block, len(index)) for block in blocks]
    return BlockCholesky(block_coordinates(index), factors)


def unpack(packed: np.ndarray, index: np.ndarray) -> BlockCholesky:
    """The inverse of `BlockCholesky.packed`."""
    coordinates = block_coordinates(index)
    ends = np.cumsum([len(rows) ** 2 for rows in coordinates])[:-1]
    flat = np.split(packed, ends)
    factors = [part.reshape(len(rows), -1) for part, rows in zip(flat, coordinates, strict=True)]
    return BlockCholesky(coordinates, factors)


def _factor(block: np.ndarray, n_coordinates: int) -> np.ndarray:
    scale = np.abs(np.diag(block)).max()
    floor = PIVOT_ROUNDINGS * len(block) * np.finfo(np.float64).eps * scale
    try:
        factor = cholesky(block, lower=True, check_finite=False)
    except LinAlgError:
        factor = None
    if factor is None or np.diag(factor).min() ** 2 <= floor:
        values = eigvalsh(block)
        raise ValueError(singular_message(values[0], values[-1], n_coordinates))
    return factor


def _solve(factor: np.ndarray, rows: np.ndarray, transposed: bool) -> np.ndarray:
    """L^-1 rows or L^-T rows, solved from the right on transposes, which BLAS reads uncopied."""
    return dtrsm(1.0, factor, rows.T, side=1, lower=1, trans_a=0 if transposed else 1).T
