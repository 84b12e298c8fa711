"""V x = S e_j solved column by column: preconditioned conjugate gradients, many at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import eigvalsh

from spatial_mae.linear.blocks import PIVOT_ROUNDINGS, block_coordinates
from spatial_mae.linear.matrix_free.operators import Moment
from spatial_mae.linear.validation import singular_message

TOLERANCE = 1e-8
MAX_ITERATIONS = 2000


class NotConverged(ValueError):
    """Conjugate gradients stopped before the residual was small."""


@dataclass(frozen=True)
class System:
    """V = (1-e) S + e D for any e. coordinates: of each patch, (P, b). blocks: D, (P, b, b)."""

    moment: Moment
    coordinates: np.ndarray
    blocks: np.ndarray

    @property
    def size(self) -> int:
        return self.moment.size

    @cached_property
    def diagonal(self) -> np.ndarray:
        """That of S, shape (d,)."""
        found = np.empty(self.size)
        found[self.coordinates] = np.diagonal(self.blocks, axis1=1, axis2=2)
        return found

    @property
    def trace(self) -> float:
        return float(self.diagonal.sum())

    @cached_property
    def patch_index(self) -> np.ndarray:
        """The patch of each coordinate, shape (d,)."""
        found = np.empty(self.size, np.int64)
        found[self.coordinates] = np.arange(len(self.coordinates))[:, None]
        return found

    @cached_property
    def inverse(self) -> np.ndarray:
        """D^-1, (P, b, b): as a preconditioner it need not be exact."""
        return np.linalg.inv(self.blocks)

    def apply(self, columns: np.ndarray, effective: np.ndarray) -> np.ndarray:
        """V @ columns, with e of each column: (d, q) and (q,)."""
        inside = self.by_patch(self.blocks, columns)
        return (1 - effective) * self.moment.apply(columns) + effective * inside

    def precondition(self, columns: np.ndarray) -> np.ndarray:
        """D^-1 @ columns."""
        return self.by_patch(self.inverse, columns)

    def by_patch(self, matrices: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """A block-diagonal matrix times columns."""
        result = np.empty(columns.shape)
        result[self.coordinates] = matrices @ columns[self.coordinates]
        return result

    def targets(self, outputs: np.ndarray) -> np.ndarray:
        """S e_j for coordinates j: shape (d, q)."""
        chosen = np.zeros((self.size, len(outputs)))
        chosen[outputs, np.arange(len(outputs))] = 1.0
        return self.moment.apply(chosen)


def system(moment: Moment, patch_index: np.ndarray, blocks: np.ndarray | None = None) -> System:
    """The system of S (ridge included) and the patch of each coordinate, (d,).

    blocks: D, (P, b, b), where it is known already. Raises ValueError if all coordinates are one
    patch, or a block of D is singular to working precision.
    """
    coordinates = np.array(block_coordinates(patch_index))
    if len(coordinates) < 2:
        raise ValueError(
            "one patch holds the whole image: V = S for every mask ratio and W is the identity; "
            "use a patch size that makes two patches or more"
        )
    blocks = moment.blocks(coordinates) if blocks is None else blocks
    _check_definite(blocks, len(patch_index))
    return System(moment, coordinates, blocks)


def _check_definite(blocks: np.ndarray, n_coordinates: int) -> None:
    """As `blocks.block_cholesky` refuses them."""
    scale = np.abs(np.diagonal(blocks, axis1=1, axis2=2)).max(axis=1)
    floor = PIVOT_ROUNDINGS * blocks.shape[1] * np.finfo(np.float64).eps * scale
    smallest = np.array([_least_pivot(block) for block in blocks])
    if (wrong := np.flatnonzero(smallest**2 <= floor)).size:
        values = eigvalsh(blocks[wrong[0]])
        raise ValueError(singular_message(values[0], values[-1], n_coordinates))


def _least_pivot(block: np.ndarray) -> float:
    try:
        return float(np.diag(np.linalg.cholesky(block)).min())
    except np.linalg.LinAlgError:
        return 0.0


def solve(
    problem: System,
    targets: np.ndarray,
    effective: np.ndarray,
    own: np.ndarray | None = None,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> tuple[np.ndarray, int]:
    """X with V X = targets, (d, q), for each column's e, (q,); and the iterations it took.

    own: a patch for each column, (q,), whose coordinates are left out of V and of the targets, and
    are zero in X. tolerance: of sqrt(r^T D^-1 r), relative to the target's. For e > 0 the error of
    a column in the norm of V is at most that of r divided by sqrt(e).

    Raises NotConverged, naming the residual, after `max_iterations`.
    """
    result = np.zeros(targets.shape)
    residual = _without(problem, targets.copy(), own)
    left = np.arange(targets.shape[1])
    solution, direction = np.zeros(targets.shape), np.zeros(targets.shape)
    old, first = np.ones(len(left)), None
    for iteration in range(max_iterations + 1):
        conditioned = problem.precondition(residual)
        power = np.einsum("dq,dq->q", residual, conditioned)
        first = power.copy() if first is None else first
        done = power <= tolerance**2 * first
        if done.any():
            result[:, left[done]] = solution[:, done]
            if done.all():
                return result, iteration
            keep = ~done
            left, power, old, first = left[keep], power[keep], old[keep], first[keep]
            solution, residual = solution[:, keep], residual[:, keep]
            direction, conditioned = direction[:, keep], conditioned[:, keep]
        if iteration == max_iterations:
            break
        direction = conditioned + direction * (power / old if iteration else 0.0)
        chosen = None if own is None else own[left]
        moved = _without(problem, problem.apply(direction, effective[left]), chosen)
        step = power / np.einsum("dq,dq->q", direction, moved)
        solution += step * direction
        residual -= step * moved
        old = power
    worst = float(np.sqrt((power / first).max()))
    raise NotConverged(
        f"conjugate gradients did not converge: after {max_iterations} iterations {len(left)} of "
        f"{targets.shape[1]} columns have a residual above {tolerance:.0e} of their target, the "
        f"largest {worst:.2e}; add a ridge, or use larger patches"
    )


def _without(problem: System, columns: np.ndarray, own: np.ndarray | None) -> np.ndarray:
    """Zero each column in the coordinates of its own patch, in place."""
    if own is not None:
        columns[problem.coordinates[own], np.arange(len(own))[:, None]] = 0.0
    return columns
