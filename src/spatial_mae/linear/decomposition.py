"""One decomposition of S and its patch-diagonal part D that serves every mask ratio.

With D = L L^T and L^-1 S L^-T = Q diag(t) Q^T, and F = L Q,
    S = F diag(t) F^T,   V = (1-m) S + m D = F diag((1-m) t + m) F^T,
    S V^-1 S = F diag(g) F^T,   g = t^2 / ((1-m) t + m),
so that a new mask ratio costs one rescaling and one symmetric eigenvalue problem.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import eigh
from scipy.linalg.blas import dsyrk

from spatial_mae.linear.blocks import BlockCholesky, block_cholesky, block_coordinates
from spatial_mae.linear.flip import Fold, check_symmetric, fold, folded_index
from spatial_mae.linear.result import Solution
from spatial_mae.linear.validation import check_moment, check_n_latents, check_patch_index
from spatial_mae.linear.visibility import Visibility, visibility


@dataclass(frozen=True)
class Part:
    """The decomposition on one invariant subspace: all coordinates, or an even or odd half.

    values: t, shape (q,), ascending, clipped at 0. basis: Q, shape (q, q). root: L.
    """

    values: np.ndarray
    basis: np.ndarray
    root: BlockCholesky

    @cached_property
    def synthesis(self) -> np.ndarray:
        """F = L Q."""
        return self.root.multiply(self.basis)

    @cached_property
    def analysis(self) -> np.ndarray:
        """F^-T = L^-T Q."""
        return self.root.solve_transposed(self.basis)

    def weights(self, seen: Visibility) -> tuple[np.ndarray, np.ndarray]:
        """(sqrt g, t / ((1-e) t + e)): S V^-1 S = F g F^T and V^-1 S = F^-T diag(.) F^T."""
        if seen.effective == 0.0:
            return np.sqrt(self.values), np.ones_like(self.values)
        whitened = self.values / ((1.0 - seen.effective) * self.values + seen.effective)
        return np.sqrt(self.values * whitened), whitened

    def eigenvalues(self, chances: Sequence[Visibility]) -> np.ndarray:
        """Eigenvalues of S V^-1 S for each of `chances`, as of sqrt g F^T F sqrt g: (n, q)."""
        # The transpose is what BLAS reads without a copy.
        gram = dsyrk(1.0, self.synthesis.T, lower=1)
        work = np.empty_like(gram)
        found = np.empty((len(chances), len(gram)))
        for row, seen in zip(found, chances, strict=True):
            scale = self.weights(seen)[0]
            np.multiply(gram, scale[:, None], out=work)
            work *= scale
            row[:] = _lower_eigenvalues(work)
        return found

    def features(
        self, seen: Visibility, n_latents: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Leading eigenvalues (k,), eigenvectors U (q, k) and encoder V^-1 S U (q, k)."""
        n_latents = min(n_latents, len(self.values))
        scale, whitened = self.weights(seen)
        kernel = dsyrk(1.0, (self.synthesis * scale).T, trans=1, lower=1)
        values, U = _leading(kernel, n_latents)
        if seen.effective == 0.0:
            return values, U, U
        return values, U, self.analysis @ (whitened[:, None] * (self.synthesis.T @ U))

    def whitening(self, seen: Visibility) -> np.ndarray:
        """V^-1 S, shape (q, q)."""
        return (self.analysis * self.weights(seen)[1]) @ self.synthesis.T

    def moment(self) -> np.ndarray:
        """S on this subspace, shape (q, q)."""
        return (self.synthesis * self.values) @ self.synthesis.T


def _lower_eigenvalues(matrix: np.ndarray) -> np.ndarray:
    return eigh(matrix, eigvals_only=True, driver="evd", overwrite_a=True, check_finite=False)


def _leading(kernel: np.ndarray, n_latents: int) -> tuple[np.ndarray, np.ndarray]:
    """Leading eigenpairs, descending; a partial solver where few of many are wanted."""
    size = len(kernel)
    few = n_latents < size // 4
    options = {"subset_by_index": (size - n_latents, size - 1)} if few else {"driver": "evd"}
    values, vectors = eigh(kernel, overwrite_a=True, check_finite=False, **options)
    return values[::-1][:n_latents], vectors[:, ::-1][:, :n_latents]


@dataclass(frozen=True)
class Decomposition:
    """Shared decomposition of S for one patch index; see `decompose`.

    trace: tr S. patch_index: (d,). mirror: the flip's permutation (d,), or None. parts: one part,
    or the even and the odd one.
    """

    trace: float
    patch_index: np.ndarray
    mirror: np.ndarray | None
    parts: tuple[Part, ...]

    @property
    def n_patches(self) -> int:
        return len(np.unique(self.patch_index))

    @cached_property
    def fold(self) -> Fold | None:
        return None if self.mirror is None else fold(self.mirror)

    def visibility(self, mask_ratio: float, sampling: str = "bernoulli") -> Visibility:
        return visibility(mask_ratio, self.n_patches, sampling)

    def eigenvalues(self, mask_ratios: Sequence[float], sampling: str = "bernoulli") -> np.ndarray:
        """All eigenvalues of S V^-1 S, descending: shape (len(mask_ratios), d)."""
        chances = [self.visibility(mask_ratio, sampling) for mask_ratio in mask_ratios]
        found = np.concatenate([part.eigenvalues(chances) for part in self.parts], axis=1)
        return -np.sort(-found, axis=1)

    def losses(self, mask_ratios: Sequence[float], sampling: str = "bernoulli") -> np.ndarray:
        """Minimum losses, shape (len(mask_ratios), d): column k - 1 for k latents.

        tr S - (1-m) sum of the k largest eigenvalues of S V^-1 S (Bisulco et al. 2025, Theorem 1).
        """
        found = self.eigenvalues(mask_ratios, sampling)
        curves = zip(mask_ratios, found, strict=True)
        return np.array([self.curve(m, values, sampling) for m, values in curves])

    def curve(
        self, mask_ratio: float, eigenvalues: np.ndarray, sampling: str = "bernoulli"
    ) -> np.ndarray:
        """Minimum losses for 1, 2, ... latents from the eigenvalues of S V^-1 S, descending."""
        return self.trace - self.visibility(mask_ratio, sampling).visible * np.cumsum(eigenvalues)

    def solve(self, mask_ratio: float, n_latents: int, sampling: str = "bernoulli") -> Solution:
        """The minimiser with `n_latents` latents; its eigenvalues are the leading `n_latents`."""
        check_n_latents(n_latents, len(self.patch_index))
        seen = self.visibility(mask_ratio, sampling)
        found = [part.features(seen, n_latents) for part in self.parts]
        values = np.concatenate([part[0] for part in found])
        order = np.argsort(-values, kind="stable")[:n_latents]
        U = self._unfold([part[1] for part in found])[:, order]
        encoder = self._unfold([part[2] for part in found])[:, order]
        loss = self.trace - seen.visible * values[order].sum()
        return Solution(encoder, U.T, float(loss), values[order])

    def influences(
        self, mask_ratio: float, n_latents: Sequence[int], sampling: str = "bernoulli"
    ) -> list[np.ndarray]:
        """W = A B for several numbers of latents at the price of the largest: a list of (d, d).

        With as many latents as coordinates W = V^-1 S, and no eigenvectors are computed.
        """
        size = len(self.patch_index)
        partial = [check_n_latents(k, size) for k in n_latents if k != size]
        solution = self.solve(mask_ratio, max(partial), sampling) if partial else None
        return [
            self.whitening(mask_ratio, sampling)
            if k == size
            else solution.encoder[:, :k] @ solution.decoder[:k]
            for k in n_latents
        ]

    def whitening(self, mask_ratio: float, sampling: str = "bernoulli") -> np.ndarray:
        """V^-1 S, shape (d, d): the influence with as many latents as coordinates."""
        seen = self.visibility(mask_ratio, sampling)
        if seen.effective == 0.0:
            return np.eye(len(self.patch_index))
        return self._assemble([part.whitening(seen) for part in self.parts])

    def moment(self) -> np.ndarray:
        """S itself, put together again: shape (d, d)."""
        return self._assemble([part.moment() for part in self.parts])

    def _assemble(self, matrices: Sequence[np.ndarray]) -> np.ndarray:
        """A matrix (d, d) from its blocks on the parts."""
        if self.fold is None:
            return matrices[0]
        even = self.fold.from_even(self.fold.from_even(matrices[0]).T).T
        return even + self.fold.from_odd(self.fold.from_odd(matrices[1]).T).T

    def _unfold(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Columns of the parts, side by side, in the coordinates of S."""
        if self.fold is None:
            return columns[0]
        return np.hstack([self.fold.from_even(columns[0]), self.fold.from_odd(columns[1])])


def decompose(
    S: np.ndarray, patch_index: np.ndarray, mirror: np.ndarray | None = None
) -> Decomposition:
    """Decompose second moments S (d, d) once for all mask ratios of a patch index (d,).

    mirror: the permutation of `patches.mirror_index` if S is unchanged by the horizontal flip; the
    problem then splits exactly into an even and an odd half, at a quarter of the work.

    Raises ValueError if S is not a finite symmetric matrix, the shapes differ, S changes under
    `mirror`, or D is singular (add a ridge to S).
    """
    S = check_moment(S)
    index = check_patch_index(patch_index, len(S))
    trace = float(np.trace(S))
    if mirror is None or np.array_equal(mirror, np.arange(len(S))):
        parts = (_part(S, [S[np.ix_(rows, rows)] for rows in block_coordinates(index)], index),)
        return Decomposition(trace, index, None, parts)
    check_symmetric(S, mirror)
    return Decomposition(trace, index, mirror, _halves(S, index, mirror))


def _halves(S: np.ndarray, index: np.ndarray, mirror: np.ndarray) -> tuple[Part, ...]:
    joined, halves = folded_index(index, mirror), fold(mirror)
    inside = np.where(index[:, None] == index[None, :], S, 0.0)
    coordinates = np.concatenate([halves.left, halves.fixed])
    parts = []
    for restrict, rows in ((halves.even, coordinates), (halves.odd, halves.left)):
        half, diagonal, groups = restrict(S), restrict(inside), joined[rows]
        blocks = [diagonal[np.ix_(r, r)] for r in block_coordinates(groups)]
        parts.append(_part(half, blocks, groups))
    return tuple(parts)


def _part(S: np.ndarray, blocks: Sequence[np.ndarray], index: np.ndarray) -> Part:
    root = block_cholesky(blocks, index)
    whitened = root.solve(root.solve(S).T)
    values, basis = eigh(whitened, driver="evd", overwrite_a=True, check_finite=False)
    return Part(np.maximum(values, 0.0), basis, root)
