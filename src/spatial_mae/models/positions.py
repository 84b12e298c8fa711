"""Fixed two-dimensional sine and cosine positions."""

import torch
from torch import Tensor


def sin_cos_positions(rows: int, columns: int, width: int) -> Tensor:
    """Position embeddings of a grid of patches: float32 (rows * columns, width), row-major.

    The first half of the channels encodes the column, the second the row, each as sin and cos of
    coordinate / 10000^(2i / half), as in He et al. (2022). Raises ValueError unless 4 divides
    `width`.
    """
    if width % 4:
        raise ValueError(
            f"width {width} is not a multiple of 4: two axes, a sine and a cosine each"
        )
    row, column = torch.meshgrid(
        torch.arange(rows, dtype=torch.float64),
        torch.arange(columns, dtype=torch.float64),
        indexing="ij",
    )
    halves = [_sin_cos(axis.reshape(-1), width // 2) for axis in (column, row)]
    return torch.cat(halves, dim=1).float()


def _sin_cos(coordinates: Tensor, width: int) -> Tensor:
    exponents = torch.arange(width // 2, dtype=torch.float64) / (width / 2)
    angles = coordinates[:, None] / 10000**exponents
    return torch.cat([angles.sin(), angles.cos()], dim=1)
