"""Images as rows of patches, and back."""

from torch import Tensor


def patchify(images: Tensor, patch_size: int) -> Tensor:
    """(N, C, H, W) -> (N, patches, patch_size^2 * C): row-major, each (row, column, channel)."""
    n, channels, height, width = images.shape
    rows, columns = height // patch_size, width // patch_size
    tiles = images.reshape(n, channels, rows, patch_size, columns, patch_size)
    return tiles.permute(0, 2, 4, 3, 5, 1).reshape(n, rows * columns, -1)


def unpatchify(patches: Tensor, patch_size: int, height: int, width: int) -> Tensor:
    """The images (N, C, height, width) that `patchify` made into `patches`."""
    rows, columns = height // patch_size, width // patch_size
    tiles = patches.reshape(len(patches), rows, columns, patch_size, patch_size, -1)
    return tiles.permute(0, 5, 1, 3, 2, 4).reshape(len(patches), -1, height, width)
