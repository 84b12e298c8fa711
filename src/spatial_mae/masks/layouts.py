"""Laws of masks over a grid of mask units: what each hides, checked before anything is drawn.
Standard library only.

A grid has (rows, columns) of units, or (n,) in a row. At mask ratio m of P units the laws hide:

- bernoulli: each unit with probability m;
- exact: round(m P) units, each set of that size equally likely;
- displaced: as exact, then the grid of units is moved, around the edges, by a uniform number of
  patches below a unit's side along each axis. With units of one patch this is exact;
- contiguous: one block whose sides differ by at most a unit (in a row: one run), its area as near
  to round(m P) as such blocks come; each place equally likely, and networks have it either way
  round. The middle of the grid is hidden more often than the border, for large m always;
- block: random blocks, one after another, until round(m P) units are hidden. A block has between a
  tenth and a quarter of all units and one side at most twice the other; each such pair of sides is
  equally likely, then each place. Of the last block only as many units are hidden, in reading
  order, as are still missing; half of the masks are turned by 180 degrees, so that no side is
  preferred. After `MOST_BLOCKS` blocks the rest are the first visible units in reading order;
- grid: all units but every s-th along each axis, with a uniform offset: 1 - m is 1 / s in a row
  and 1 / s^2 in an image, and s divides each side.

All but bernoulli fix the count. A patch is hidden with probability (count / P) under exact,
displaced and grid, more often in the middle under contiguous and block.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

from spatial_mae.masks.laws import GRID_LAWS, check_mask_ratio

MOST_BLOCKS = 64
MOST_OFF = 0.1
"""By how much the share that a contiguous block hides may differ from the mask ratio."""

Grid = Sequence[int]


def n_units(grid: Grid) -> int:
    return math.prod(grid)


def hidden_units(law: str, grid: Grid, mask_ratio: float) -> int:
    """Units hidden by a law that fixes their count; for bernoulli round(m P)."""
    count = round(mask_ratio * n_units(grid))
    return math.prod(block_sides(grid, count)) if law == "contiguous" and count else count


def check_law(law: str, grid: Grid, unit: int, mask_ratio: float) -> None:
    """Raise ValueError for a law that is unknown or cannot be drawn on this grid.

    unit: side of a unit in patches.
    """
    check_known(law)
    check_mask_ratio(mask_ratio)
    if law == "displaced" and unit == 1:
        raise ValueError(
            "sampling displaced: units of one patch cannot leave their grid, so this would be "
            "exact; use a unit of 2 or more, or sampling exact"
        )
    if law == "grid":
        stride(grid, mask_ratio)
    if law == "contiguous":
        _check_block(grid, mask_ratio)
    if law == "block":
        block_shapes(grid)


def check_known(law: str) -> None:
    """Raise ValueError for an unknown law."""
    if law not in GRID_LAWS:
        raise ValueError(f"sampling {law!r} is unknown; use one of {', '.join(GRID_LAWS)}")


def _check_block(grid: Grid, mask_ratio: float) -> None:
    share = hidden_units("contiguous", grid, mask_ratio) / n_units(grid)
    if abs(share - mask_ratio) > MOST_OFF:
        shares = sorted({math.prod(block) / n_units(grid) for block in _nearly_square(grid)})
        raise ValueError(
            f"sampling contiguous at mask ratio {mask_ratio}: the nearest block of {_sides(grid)} "
            f"units hides {share:.4g}; use one of {', '.join(f'{s:.4g}' for s in shares)}"
        )


def stride(grid: Grid, mask_ratio: float) -> int:
    """Units from one visible unit to the next under the law grid.

    Raises ValueError if no stride gives this mask ratio, naming those that do.
    """
    ratios = {
        s: 1 - s ** -len(grid)
        for s in range(2, max(grid) + 1)
        if all(side % s == 0 for side in grid)
    }
    for s, ratio in ratios.items():
        if round(mask_ratio * n_units(grid)) == round(ratio * n_units(grid)):
            return s
    allowed = " or ".join(f"mask ratio {ratio:.4g} (s = {s})" for s, ratio in ratios.items())
    raise ValueError(
        f"sampling grid at mask ratio {mask_ratio}: every s-th of {_sides(grid)} units is visible, "
        f"where s divides each side; use {allowed or 'another law: no s from 2 does'}"
    )


def block_sides(grid: Grid, count: int) -> tuple[int, ...]:
    """Sides in units of the contiguous law's block for a count of hidden units."""
    if len(grid) == 1:
        return (count,)
    return min(_nearly_square(grid), key=lambda b: (abs(math.prod(b) - count), b))


def _nearly_square(grid: Grid) -> Iterator[tuple[int, ...]]:
    """Sides of blocks that differ by at most a unit and leave a unit visible."""
    blocks = itertools.product(*(range(1, side + 1) for side in grid))
    return (b for b in blocks if max(b) - min(b) < 2 and math.prod(b) < n_units(grid))


def block_shapes(grid: Grid) -> list[tuple[int, ...]]:
    """Sides of the blocks of the law block.

    Raises ValueError for a grid so long and narrow that it has none.
    """
    units, thin = n_units(grid), min(grid) == 1
    shapes = [
        shape
        for shape in itertools.product(*(range(1, side + 1) for side in grid))
        if math.ceil(units / 10) <= math.prod(shape) <= max(1, units // 4)
        and (thin or max(shape) <= 2 * min(shape))
    ]
    if not shapes:
        raise ValueError(
            f"sampling block: no block of {_sides(grid)} units has a tenth to a quarter of them "
            "and one side at most twice the other; use images or units that make the sides less "
            "unequal, or another law such as exact"
        )
    return shapes


def _sides(grid: Grid) -> str:
    return " x ".join(map(str, grid))
