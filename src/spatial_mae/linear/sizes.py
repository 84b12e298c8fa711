"""Which form of the second moments fits: a d x d matrix, or the images themselves."""

from pathlib import Path

from spatial_mae.study.sizes import MOST_DECOMPOSED

# Coordinates up to which S is decomposed: its eigenvectors serve all k and mask ratios at once.
MOST_DENSE = MOST_DECOMPOSED
# Bytes of a pixel kept as it is, and of an entry of exact sums.
ENTRY = 8
# Matrices (d, d) that are in memory at once: the sums, S and the work of making it.
MATRICES = 3
MEMINFO = Path("/proc/meminfo")


def decomposed(n_coordinates: int) -> bool:
    """Whether S is decomposed; otherwise it is only ever applied to vectors."""
    return n_coordinates <= MOST_DENSE


def kept_as_images(n: int, n_coordinates: int) -> bool:
    """Whether n images are kept instead of their sums: where S is not decomposed, and if smaller.

    Sums of n images take 8 d^2 bytes, the images n d.
    """
    return not decomposed(n_coordinates) and n < ENTRY * n_coordinates


def free_memory() -> int | None:
    """Bytes that Linux calls available; None where the system does not say."""
    if not MEMINFO.exists():
        return None
    return int(MEMINFO.read_text().partition("MemAvailable:")[2].split()[0]) * 1024


def check_dense_fits(n_coordinates: int, free: int | None = None) -> None:
    """ValueError, naming the way without d x d matrices, where these exceed the free memory.

    free: bytes; by default those of this machine.
    """
    free = free_memory() if free is None else free
    needed = MATRICES * ENTRY * n_coordinates**2
    if free is not None and needed > free:
        raise ValueError(
            f"second moments of d = {n_coordinates:,} coordinates take {needed / 1e9:,.1f} GB as "
            f"matrices (d, d), and {free / 1e9:,.1f} GB are free. Without matrices (d, d), at most "
            f"{ENTRY * n_coordinates - 1:,} images are kept instead and applied to vectors: set "
            "`n` of the experiment to such a number; or set a smaller `size`"
        )


def check_images_fit(n: int, n_coordinates: int, free: int | None = None) -> None:
    """ValueError if n images of d coordinates, one byte each, exceed half of the free memory."""
    free = free_memory() if free is None else free
    needed = n * n_coordinates
    if free is not None and needed > free / 2:
        raise ValueError(
            f"{n:,} images of {n_coordinates:,} coordinates take {needed / 1e9:,.1f} GB, more "
            f"than half of the {free / 1e9:,.1f} GB that are free; set `n` of the experiment to "
            f"at most {int(free / 2 / n_coordinates):,}"
        )
