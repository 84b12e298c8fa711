"""Which patch sizes and mask ratios a size of images admits, and why others are left out."""

import math
from collections.abc import Iterable, Mapping, Sequence

LEAST_GRID = 2  # patches along the shorter side: fewer leave nothing to predict from


def feasible(
    height: int, width: int, patches: Sequence[int], masks: Sequence[float], common_mask: float
) -> tuple[dict[int, list[float]], list[dict]]:
    """Patch size -> mask ratios it admits, and what is left out: `patch`, `why` (and `mask`).

    A patch must divide both sides and leave a grid of at least two by two; a mask ratio must hide
    at least one patch and leave one visible. Patches that do not admit `common_mask`, at which
    patch sizes are compared, are left out. Raises ValueError, naming the sizes that fit, if none is
    left.
    """
    kept, dropped = {}, []
    for patch in sorted(set(patches)):
        why = _unfit(height, width, patch) or _unmasked(height, width, patch, common_mask)
        if why:
            dropped.append({"patch": patch, "why": why})
            continue
        fits = [m for m in sorted({*masks, common_mask}) if not _unmasked(height, width, patch, m)]
        kept[patch] = fits
        dropped += [
            {"patch": patch, "mask": m, "why": _unmasked(height, width, patch, m)}
            for m in sorted(set(masks) - set(fits))
        ]
    if not kept:
        raise ValueError(_nothing(height, width, patches, common_mask))
    return kept, dropped


def drawn_mask(drawn: Sequence[float] | None) -> float | None:
    """The mask ratio of runs whose batches draw theirs from a range: its middle."""
    return round(sum(drawn) / 2, 6) if drawn else None


def undrawable(
    height: int, width: int, masks: Mapping[int, list[float]], drawn: Sequence[float] | None
) -> list[dict]:
    """Take the drawn mask ratio from patches that do not admit both ends of its range; which, why.

    masks: patch size -> mask ratios, as `feasible` returns them; changed here.
    """
    dropped = []
    for patch, fits in masks.items():
        ends = [_unmasked(height, width, patch, end) for end in drawn or ()]
        if (why := next(filter(None, ends), "")) and drawn_mask(drawn) in fits:
            fits.remove(drawn_mask(drawn))
            low, high = drawn
            why = f"drawn from {low:g} to {high:g}: {why}"
            dropped.append({"patch": patch, "mask": drawn_mask(drawn), "why": why})
    return dropped


def admits(height: int, width: int, patch: int, mask: float) -> bool:
    """Whether patches tile the images and a mask ratio hides some and leaves some visible."""
    return not (_unfit(height, width, patch) or _unmasked(height, width, patch, mask))


def _unfit(height: int, width: int, patch: int) -> str:
    if height % patch or width % patch:
        return f"does not divide {height} x {width} pixels"
    if min(height, width) < LEAST_GRID * patch:
        return f"leaves a grid of {height // patch} x {width // patch} patches"
    return ""


def _unmasked(height: int, width: int, patch: int, mask: float) -> str:
    n = (height // patch) * (width // patch)
    hidden = round(mask * n)
    if 0 < hidden < n:
        return ""
    return f"mask ratio {mask:g} hides {'none' if not hidden else 'all'} of {n} patches"


def divisors(height: int, width: int) -> list[int]:
    """Patch sizes that tile the images in a grid of at least two by two."""
    shared = math.gcd(height, width)
    most = min(height, width) // LEAST_GRID
    return [p for p in range(1, most + 1) if shared % p == 0]


def _nothing(height: int, width: int, patches: Iterable[int], common_mask: float) -> str:
    fits = [p for p in divisors(height, width) if not _unmasked(height, width, p, common_mask)]
    fix = f"use one of {fits}" if fits else "prepare larger images"
    if fits == [1]:
        fix = "only single pixels tile it; crop the images to a size that 2, 4 or 8 divides"
    return (
        f"no patch size of {sorted(patches)} suits images of {height} x {width} pixels at mask "
        f"ratio {common_mask:g}: {fix}"
    )


def comparing_epoch(rung: str, measure: str, epochs: Sequence[int]) -> int:
    """The epoch at which a rung compares its settings; epochs: those of the block, increasing.

    Patch sizes are compared at the last. The probe compares mask ratios at the first already: that
    chooses as well for less than half of the cost (docs/advise.md).
    """
    return epochs[0] if rung == "masks" and measure == "probe" else epochs[-1]
