"""The ways of a layer's products and of attention, forward and backward, as training tries them.

Each type of number has its usual way and others that do the same work; training takes the fastest
(docs/training.md). One thread, processor time.
"""

import time
from collections.abc import Callable, Mapping

import torch

from benchmarks.timing import median, race, ratio
from spatial_mae.training.execution import PRODUCTS, attention_contenders, product_contenders

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
# Images, heads, tokens and values a head: decoders of patch 8 and 4, encoders of patch 4 and 2.
SHAPES = [(64, 16, 17, 12), (64, 16, 65, 12), (64, 4, 17, 16), (64, 4, 65, 16)]


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    rounds = 1 if quick else 7
    torch.set_num_threads(1)
    rows, inputs, outputs = PRODUCTS
    layers = [
        row for dtype in TYPES for row in _rows(dtype, product_contenders(TYPES[dtype]), rounds)
    ]
    attention = [
        {"images, heads, tokens, values a head": ", ".join(map(str, shape)), **row}
        for shape in (SHAPES[2:3] if quick else SHAPES)
        for dtype in TYPES
        for row in _rows(dtype, _attention(shape, TYPES[dtype]), rounds)
    ]
    return [(f"{rows} x {inputs} by {inputs} x {outputs}", layers), ("attention", attention)]


def _attention(shape: tuple[int, ...], dtype: torch.dtype) -> dict[str, Callable[[], None]]:
    return attention_contenders(shape, dtype, torch.device("cpu"))


def _rows(dtype: str, contenders: Mapping[str, Callable[[], None]], rounds: int) -> list[dict]:
    """The first of the contenders is the usual way."""
    race(contenders, 1)
    seconds = race(contenders, rounds, time.process_time)
    usual = next(iter(contenders))
    return [
        {
            "type": dtype,
            "way": way,
            "ms": 1e3 * median(seconds[way]),
            "times as fast as the usual way": ratio(seconds, usual, way),
        }
        for way in contenders
    ]
