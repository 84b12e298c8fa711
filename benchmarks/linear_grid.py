"""Losses of all k, 5 patch sizes x 9 mask ratios, against an inverse and an eigh per point."""

import numpy as np

from benchmarks.hardware import gemm_rate
from benchmarks.synthetic import SIDE, natural_moment
from benchmarks.timing import median, peak_memory, race, ratio
from spatial_mae.linear.solution import mae_losses
from spatial_mae.masks.patches import mirror_index, patch_index, same_patch

PATCH_SIZES = (1, 2, 4, 8, 16)
MASK_RATIOS = tuple(round(0.1 * i, 1) for i in range(1, 10))


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    if quick:
        return [("d = 256", [_row(16, 1, (4, 8), MASK_RATIOS, 1)])]
    few = (0.1, 0.5, 0.9)
    return [
        ("d = 1024: the whole grid", [_row(SIDE, 1, PATCH_SIZES, MASK_RATIOS, 3)]),
        (
            "d = 3072: patch size 4, all mask ratios; the alternative on 3 of the 9, time scaled",
            [_row(SIDE, 3, (4,), few, 1)],
        ),
        ("peak memory at d = 3072, S included", _memory_rows()),
    ]


def naive(S: np.ndarray, index: np.ndarray, mask_ratio: float) -> np.ndarray:
    """The closed form as it is written: one inverse and one eigendecomposition a point."""
    V = np.where(same_patch(index), S, (1 - mask_ratio) * S)
    values = np.linalg.eigh(S @ np.linalg.inv(V) @ S)[0][::-1]
    return np.trace(S) - (1 - mask_ratio) * np.cumsum(values)


def _row(side: int, channels: int, patches: tuple, naive_ratios: tuple, rounds: int) -> dict:
    S, mirror = natural_moment(side, channels), mirror_index(side, side, channels)
    indices = [patch_index(side, side, p, channels) for p in patches]
    found: dict[str, list] = {}

    def keep(name, curves):
        found[name] = curves

    contenders = {
        "naive": lambda: keep(
            "naive", [[naive(S, index, m) for m in naive_ratios] for index in indices]
        ),
        "shared": lambda: keep("shared", [mae_losses(S, i, MASK_RATIOS) for i in indices]),
        "halves": lambda: keep(
            "halves", [mae_losses(S, i, MASK_RATIOS, mirror=mirror) for i in indices]
        ),
    }
    seconds = race(contenders, rounds)
    scale = len(MASK_RATIOS) / len(naive_ratios)
    kept = [MASK_RATIOS.index(m) for m in naive_ratios]
    return {
        "inverse + eigh per point, s": scale * median(seconds["naive"]),
        "shared decomposition, s": median(seconds["shared"]),
        "ratio": scale * ratio(seconds, "naive", "shared"),
        "even and odd halves, s": median(seconds["halves"]),
        "ratio, halves": scale * ratio(seconds, "naive", "halves"),
        "largest gap / tr S": _gap(found, "shared", kept, S),
        "gap, halves": _gap(found, "halves", kept, S),
        "condition of S": np.linalg.cond(S),
        "float64 gemm, GFLOP/s": gemm_rate(np.float64),
    }


def _gap(found: dict[str, list], name: str, kept: list[int], S: np.ndarray) -> float:
    gaps = [
        np.abs(np.array(slow) - fast[kept]).max()
        for slow, fast in zip(found["naive"], found[name], strict=True)
    ]
    return max(gaps) / np.trace(S)


def _memory_rows() -> list[dict]:
    baseline = """
from benchmarks.synthetic import SIDE, natural_moment
from spatial_mae.linear.solution import mae_losses
from spatial_mae.masks.patches import mirror_index, patch_index
import numpy, scipy.linalg
"""
    solve = "mae_losses(S, index, [0.3, 0.7])"
    build = "S = natural_moment(SIDE, 3); index = patch_index(SIDE, SIDE, 4, 3)\n"
    halves = "mae_losses(S, index, [0.3, 0.7], mirror=mirror_index(SIDE, SIDE, 3))"
    return [
        {"contender": name, "GB over the imports": peak_memory(build + code, baseline) / 1e9}
        for name, code in (("shared decomposition", solve), ("even and odd halves", halves))
    ]
