"""The five leaf shapes of the dead-leaves source: which points are inside a leaf.

Every shape of radius r has the area pi r^2 of the disc, so that all shapes share one size law.
"""

import math

import numpy as np

SHAPES = ("disc", "ellipse", "square", "triangle", "cross")
REACH = 1.6  # no point of a shape is further than this many radii from its centre

_ELONGATION = math.sqrt(2.5)  # semi-axes sqrt(5/2) and sqrt(2/5): axis ratio 2.5
_HALF_SIDE = math.sqrt(math.pi) / 2
_INRADIUS = math.sqrt(math.pi / (3 * math.sqrt(3)))  # equilateral: area = 3 sqrt(3) inradius^2
_ARM = math.sqrt(9 * math.pi / 20)  # cross of arm length a and width 2a/3: area = 20 a^2 / 9

_TRIANGLE = ((-math.sqrt(3), -1), (math.sqrt(3), -1), (0, 2))
_CROSS = ((1, 1), (1, 3), (-1, 3), (-1, 1), (-3, 1), (-3, -1))
_CROSS += tuple((-x, -y) for x, y in _CROSS)
# Of the shapes with straight sides, in order around the leaf of radius 1: (along, across).
CORNERS = {
    "square": [(x * _HALF_SIDE, y * _HALF_SIDE) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))],
    "triangle": [(x * _INRADIUS, y * _INRADIUS) for x, y in _TRIANGLE],
    "cross": [(x * _ARM / 3, y * _ARM / 3) for x, y in _CROSS],
}


def inside(shape: str, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Whether points are inside the leaf of radius 1 at the origin.

    `along`, `across`: coordinates in the leaf's own axes, any shape, in radii.
    Returns bool of the same shape. Raises KeyError for an unknown shape.
    """
    return _INSIDE[shape](along, across)


def _disc(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    return along * along + across * across < 1


def _ellipse(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    return _disc(along / _ELONGATION, across * _ELONGATION)


def _square(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(along), np.abs(across)) < _HALF_SIDE


def _triangle(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    sides = np.maximum(-across, 0.5 * across + math.sqrt(0.75) * np.abs(along))
    return sides < _INRADIUS


def _cross(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    along, across = np.abs(along), np.abs(across)
    long, short = np.maximum(along, across), np.minimum(along, across)
    return (long < _ARM) & (short < _ARM / 3)


_INSIDE = dict(zip(SHAPES, (_disc, _ellipse, _square, _triangle, _cross), strict=True))
