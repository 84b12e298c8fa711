"""Tables with repeats, for the tests of judges."""

from collections.abc import Callable

import numpy as np
import pytest


@pytest.fixture
def repeated() -> Callable:
    """Every row with each of several seeds, its number with a little Gaussian noise.

    `repeated(rows, column="value", seeds=3, noise=0.002)`
    """

    def rows(made, column="value", seeds=3, noise=0.002, start=0):
        random = np.random.default_rng(start)
        return [
            {**row, "seed": seed, column: row[column] + noise * random.standard_normal()}
            for row in made
            for seed in range(seeds)
        ]

    return rows
