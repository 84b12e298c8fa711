"""Gabor responses as targets: linear maps of the image (Bisulco et al. 2025, Eq. 8).

With u = (x, y) in pixels (x along a row, y downwards), u_t = x cos(t) + y sin(t), window s and
scale l,
`wavelet`:  exp(-|u|^2 / (2 s^2 l^2)) cos(w u_t / l + phi)   the whole function is dilated
`window`:   exp(-|u|^2 / (2 s^2 l^2)) cos(w u_t + phi)       only the window grows
The constant part of the filter is kept: no correction for the mean. The paper's equation allows
both readings, and its values of w, t, phi and s are settings here.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

Reading = Literal["wavelet", "window"]
Border = Literal["zero", "circular", "reflect"]

REACH = 8.0
"""Standard deviations (exp < 1e-13) at which the window is cut, off the image only."""


@dataclass(frozen=True)
class Gabor:
    """One filter of Eq. 8.

    scale l > 0; frequency w in radians per pixel; orientation t and phase phi in degrees; window
    s > 0 in pixels; border: what is outside the image. Raises ValueError on values out of range.
    """

    reading: Reading
    scale: float
    frequency: float
    orientation: float = 0.0
    phase: float = 0.0
    window: float = 1.0
    border: Border = "zero"

    def __post_init__(self) -> None:
        for name, allowed in (("reading", get_args(Reading)), ("border", get_args(Border))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} {getattr(self, name)!r}: expected {' or '.join(allowed)}")
        for name in ("scale", "window"):
            if not (np.isfinite(value := getattr(self, name)) and value > 0):
                raise ValueError(f"{name} {value}: expected a positive number (pixels)")

    @property
    def spread(self) -> float:
        """Standard deviation s l of the window, in pixels."""
        return self.window * self.scale

    @property
    def wave_vector(self) -> np.ndarray:
        """(vertical, horizontal) frequency of the carrier, radians per pixel."""
        dilation = self.scale if self.reading == "wavelet" else 1.0
        angle = np.deg2rad(self.orientation)
        return self.frequency / dilation * np.array([np.sin(angle), np.cos(angle)])

    def __call__(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Eq. 8 at displacements (y, x) in pixels, arrays that broadcast."""
        wave_y, wave_x = self.wave_vector
        phase = wave_y * y + wave_x * x + np.deg2rad(self.phase)
        return np.exp(-(x**2 + y**2) / (2 * self.spread**2)) * np.cos(phase)


def gabor_map(gabor: Gabor, height: int, width: int, channels: int = 1) -> np.ndarray:
    """The (d, d) map G of flattened (height, width, channels) images to responses: y = x G.

    Column o holds the filter's response at output coordinate o, a convolution over the whole image;
    each channel is filtered by itself. d = height * width * channels.
    """
    rows, columns = _axis_maps(gabor, height, width)
    plane = (rows.real[:, None, :, None] * columns.real[None, :, None, :]) - (
        rows.imag[:, None, :, None] * columns.imag[None, :, None, :]
    )
    plane = plane.reshape(height * width, height * width)
    return plane if channels == 1 else np.kron(plane, np.eye(channels))


def gabor_response(
    rows: np.ndarray, gabor: Gabor, height: int, width: int, channels: int = 1
) -> np.ndarray:
    """rows @ G without forming G, for rows of shape (n, d).

    The filter is the real part of a product of one complex filter down the columns and one along
    the rows, whatever the border: about 2 n d (height + width) multiplications, where the dense map
    takes n d^2. Raises ValueError if d is not height * width * channels.
    """
    if rows.shape[1:] != (height * width * channels,):
        raise ValueError(f"rows of shape {rows.shape}: expected (n, {height * width * channels})")
    down, along = _axis_maps(gabor, height, width)
    planes = rows.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    vertical = [(part.T @ planes).reshape(-1, width) for part in (down.real, down.imag)]
    response = vertical[0] @ along.real - vertical[1] @ along.imag
    return response.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(rows.shape)


def _axis_maps(gabor: Gabor, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Complex (height, height) and (width, width) maps whose product's real part is the filter."""
    phase = np.exp(1j * np.deg2rad(gabor.phase))
    down, along = (
        _axis_map(size, wave, gabor.spread, gabor.border)
        for size, wave in zip((height, width), gabor.wave_vector, strict=True)
    )
    return phase * down, along


def _axis_map(size: int, wave: float, spread: float, border: Border) -> np.ndarray:
    """1-D convolution with exp(-u^2 / (2 spread^2) + i wave u), as an (input, output) map."""
    reach = 0 if border == "zero" else int(np.ceil(REACH * spread))
    positions = np.arange(-reach, size + reach)
    displacement = np.arange(size) - positions[:, None]
    filters = np.exp(-(displacement**2) / (2 * spread**2) + 1j * wave * displacement)
    matrix = np.zeros((size, size), complex)
    np.add.at(matrix, _inside(positions, size, border), filters)
    return matrix


def _inside(positions: np.ndarray, size: int, border: Border) -> np.ndarray:
    """The pixel whose value is at each position; `reflect` repeats the edge pixel."""
    if border != "reflect":
        return positions % size
    folded = positions % (2 * size)
    return np.minimum(folded, 2 * size - 1 - folded)
