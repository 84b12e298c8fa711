"""How time grows: moments with n and d, the grid with d and the number of mask ratios."""

import numpy as np

from benchmarks.synthetic import natural_moment, random_images
from benchmarks.timing import median, race
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.solution import mae_losses
from spatial_mae.masks.patches import mirror_index, patch_index

ROUNDS = 3


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    counts = (1_000, 4_000) if quick else (3_125, 12_500, 50_000)
    sides = (8, 16) if quick else (16, 24, 32, 48)
    numbers = (1, 3, 9) if quick else (1, 3, 9, 27)
    side = sides[-2] if len(sides) > 2 else sides[-1]
    return [
        (f"moments, luma {side} x {side}", [_moments_row(n, side) for n in counts]),
        (f"moments, {counts[-2]} luma images", [_moments_row(counts[-2], s) for s in sides]),
        ("losses of all k, patch size 4, 9 mask ratios", [_grid_row(s, 9) for s in sides]),
        (f"losses of all k, d = {side**2}, patch size 4", [_grid_row(side, m) for m in numbers]),
    ]


def _moments_row(n: int, side: int) -> dict:
    images = random_images(n, side, 1)
    seconds = race({"moments": lambda: pixel_moments(images, "luma")}, ROUNDS)
    found = median(seconds["moments"])
    return {"n": n, "d": side**2, "s": found, "ns / (n d^2)": 1e9 * found / (n * side**4)}


def _grid_row(side: int, n_mask_ratios: int) -> dict:
    S, index = natural_moment(side, 1), patch_index(side, side, 4)
    mask_ratios = np.linspace(0.1, 0.9, n_mask_ratios)
    mirror = mirror_index(side, side)
    contenders = {
        "plain": lambda: mae_losses(S, index, mask_ratios),
        "halves": lambda: mae_losses(S, index, mask_ratios, mirror=mirror),
    }
    seconds = race(contenders, ROUNDS)
    return {
        "d": side**2,
        "mask ratios": n_mask_ratios,
        "s": median(seconds["plain"]),
        "s, even and odd halves": median(seconds["halves"]),
    }
