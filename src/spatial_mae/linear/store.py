"""Moments and decompositions on disk, and what a later stage needs to use them together."""

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.entry_point import flag, values
from spatial_mae.files import read_arrays, write_arrays
from spatial_mae.linear.blocks import block_coordinates, unpack
from spatial_mae.linear.decomposition import Decomposition, Part, decompose
from spatial_mae.linear.flip import fold, folded_index
from spatial_mae.linear.moments import CENTRINGS, PixelMoments, load_moments
from spatial_mae.linear.sizes import MOST_DENSE
from spatial_mae.masks.patches import patch_index
from spatial_mae.study.spanning import images_needed


@dataclass(frozen=True)
class RunSettings:
    """How S is made from the moments, and its patches. ridge: a fraction of the mean of diag S."""

    patch_size: int
    centring: str
    ridge: float
    flip: bool


SETTINGS = [
    *values(int, patch_size="pixels on a side"),
    *flag("centring", choices=CENTRINGS, required=True, help="raw, or mean removed"),
    *values(float, ridge="as a share of mean(diag S)"),
    *flag("flip", choices=("yes", "no"), required=True, help="whether mirror images are added"),
]


def settings_of(given: Namespace) -> RunSettings:
    """The settings that the flags SETTINGS name."""
    return RunSettings(given.patch_size, given.centring, given.ridge, given.flip == "yes")


@dataclass(frozen=True)
class LinearRun:
    """A solved run: its settings, its moments and the decomposition for all mask ratios."""

    settings: RunSettings
    moments: PixelMoments
    decomposition: Decomposition

    @property
    def S(self) -> np.ndarray:
        """The second moments that were decomposed, (d, d): mean over images of x^T x."""
        settings = self.settings
        return self.moments.matrix(settings.centring, settings.ridge, settings.flip)


def solve_run(moments: PixelMoments, settings: RunSettings) -> Decomposition:
    """Decompose the moments as the settings say: for all mask ratios, on halves where flipped.

    Raises ValueError if the patch size does not divide the images, or the moments are singular and
    no ridge is given.
    """
    index = patch_index(moments.height, moments.width, settings.patch_size, moments.channels)
    S = moments.matrix(settings.centring, settings.ridge, settings.flip)
    if settings.ridge == 0:
        _check_rank(S, index, moments, settings)
    return decompose(S, index, moments.mirror if settings.flip else None)


def _check_rank(
    S: np.ndarray, index: np.ndarray, moments: PixelMoments, settings: RunSettings
) -> None:
    """Fewer images than coordinates leave S singular: V^-1 S then fits these very images."""
    shape = (moments.height, moments.width, moments.channels)
    needed = images_needed(shape, settings.centring != "raw", settings.flip)
    if moments.n < needed:
        blocks = (S[np.ix_(rows, rows)] for rows in block_coordinates(index))
        smallest = min(np.linalg.eigvalsh(block)[0] for block in blocks)
        raise ValueError(
            f"singular moments: n = {moments.n} images span fewer than d = {len(S)} coordinates "
            f"(smallest eigenvalue of D, the part inside patches: {smallest:.3g}); "
            f"set a ridge above 0, or use {needed} images or more"
        )


def write_run(path: str | Path, settings: RunSettings, decomposition: Decomposition) -> None:
    """Write a decomposition and its settings to an npz file."""
    mirror = decomposition.mirror
    arrays = {
        "patch_size": np.array(settings.patch_size),
        "centring": np.array(settings.centring),
        "ridge": np.array(settings.ridge),
        "flip": np.array(settings.flip),
        "trace": np.array(decomposition.trace),
        "patch_index": decomposition.patch_index,
        "mirror": np.empty(0, np.int64) if mirror is None else mirror,
    }
    for number, part in enumerate(decomposition.parts):
        arrays[f"values_{number}"] = part.values
        arrays[f"basis_{number}"] = part.basis
        arrays[f"root_{number}"] = part.root.packed()
    write_arrays(path, arrays)


def read_run(moments: str | Path, solution: str | Path) -> LinearRun:
    """Read a run back from its moments.npz and solution.npz.

    Raises FileNotFoundError if a file is missing and ValueError if the two do not belong together.
    """
    arrays = _decomposed(solution)
    found, decomposition = load_moments(moments), _decomposition(arrays)
    if len(decomposition.patch_index) != len(found.total):
        raise ValueError(
            f"{solution} has {len(decomposition.patch_index)} coordinates but {moments} has "
            f"{len(found.total)}: they belong to different runs"
        )
    settings = RunSettings(
        int(arrays["patch_size"]),
        str(arrays["centring"]),
        float(arrays["ridge"]),
        bool(arrays["flip"]),
    )
    return LinearRun(settings, found, decomposition)


def read_decomposition(solution: str | Path) -> Decomposition:
    """The decomposition in a solution.npz.

    Raises FileNotFoundError if there is no such file, and ValueError if it was solved without.
    """
    return _decomposition(_decomposed(solution))


def _decomposed(solution: str | Path) -> dict[str, np.ndarray]:
    arrays = read_arrays(solution)
    if "form" in arrays:
        raise ValueError(
            f"{solution}: images of {int(arrays['n_coordinates']):,} values were solved without "
            "matrices (d, d), which gives influence, profiles and losses only. Features of all "
            "latents need images of at most "
            f"{MOST_DENSE:,} values: set a smaller `size`, or leave the experiment out"
        )
    return arrays


def _decomposition(arrays: dict[str, np.ndarray]) -> Decomposition:
    index = arrays["patch_index"]
    mirror = arrays["mirror"] if len(arrays["mirror"]) else None
    groups = [index]
    if mirror is not None:
        joined, halves = folded_index(index, mirror), fold(mirror)
        groups = [joined[np.concatenate([halves.left, halves.fixed])], joined[halves.left]]
    parts = tuple(
        Part(
            arrays[f"values_{number}"],
            arrays[f"basis_{number}"],
            unpack(arrays[f"root_{number}"], group),
        )
        for number, group in enumerate(groups)
    )
    return Decomposition(float(arrays["trace"]), index, mirror, parts)
