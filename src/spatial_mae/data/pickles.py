"""Reading published pickles without trusting them."""

import pickle
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np

_RECONSTRUCT = np.empty(0).__reduce__()[0]  # what numpy's arrays name in their pickles


def _encode(text: str, encoding: str) -> bytes:
    """`_codecs.encode`, by which protocol 2 spells bytes, and nothing else it could do."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"encoding {encoding!r}")
    return text.encode("latin1")


ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
}


class RestrictedUnpickler(pickle.Unpickler):
    """Builds dicts, lists, numbers, text and plain numpy arrays; refuses every other name."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return ALLOWED[module, name]


def read_batch(file: BinaryIO, name: str) -> dict[str, object]:
    """The dict in a pickle of Python 2 or 3, keys as text.

    Raises ValueError if the pickle asks for code, is damaged or holds no dict; nothing it
    names is run.
    """
    try:
        value = RestrictedUnpickler(file, encoding="bytes").load()
    except pickle.UnpicklingError as error:
        raise ValueError(f"{name} is refused: {error}; use an official, undamaged copy") from error
    except (
        EOFError,
        OSError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
        MemoryError,
        OverflowError,
        ArithmeticError,
        SystemError,
    ) as error:
        raise ValueError(f"{name} is damaged: {error}; use an official copy") from error
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} holds a {type(value).__name__}, expected a dict of arrays")
    return {k.decode() if isinstance(k, bytes) else str(k): v for k, v in value.items()}


def planar_images(value: object, side: int, name: str) -> np.ndarray:
    """(n, 3 side^2) uint8 rows, one colour plane after the other, as (n, side, side, 3).

    Raises ValueError for anything else.
    """
    row = 3 * side * side
    fits = isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == row
    if not fits or value.dtype != np.uint8:
        found = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value)
        raise ValueError(f"{name}: expected uint8 rows of {row} values, found {found}")
    return value.reshape(-1, 3, side, side).transpose(0, 2, 3, 1)
