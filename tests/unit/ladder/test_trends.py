"""Effects over the budget: lines of known slope, and where they are not followed."""

import numpy as np
import pytest

from spatial_mae.ladder import trends as ladder

EPOCHS = [3, 10, 30, 100]


def line(slope, start=0.1):
    return [start + slope * np.log10(e) for e in EPOCHS]


@pytest.mark.parametrize(
    ("slope", "word"), [(0.05, ladder.STRENGTHENS), (-0.05, ladder.FADES), (0.0, ladder.LEVEL)]
)
def test_a_line_is_found_and_followed(slope, word):
    found = ladder.trend(EPOCHS, line(slope), [0.005] * 4)
    assert found.word == word and found.reason == ""
    assert found.per_tenfold == pytest.approx(slope, abs=1e-12)
    assert found.predicted == pytest.approx(0.1 + slope * np.log10(2000), abs=1e-12)
    assert found.predicted_low < found.predicted < found.predicted_high


def test_the_interval_at_the_papers_epochs_covers_the_truth():
    rng = np.random.default_rng(0)
    truth = 0.1 + 0.02 * np.log10(2000)
    covered = told = 0
    for _ in range(400):
        noisy = np.array(line(0.02)) + 0.01 * rng.standard_normal(4)
        found = ladder.trend(EPOCHS, noisy, [0.01] * 4)
        if found.predicted is not None:
            told += 1
            covered += found.predicted_low <= truth <= found.predicted_high
    assert told > 350 and covered / told > 0.93


@pytest.mark.parametrize(
    ("epochs", "estimates", "reason"),
    [
        (EPOCHS[:3], line(0.05)[:3], "3 rungs"),
        (EPOCHS, [0.1, 0.3, 0.1, 0.3], "not on a line"),
        ([3, 4, 5, 6], [0.1] * 4, "too far beyond"),
        ([3], [0.1], "rungs with an estimate: 1"),
    ],
)
def test_what_cannot_be_told_is_not_told(epochs, estimates, reason):
    found = ladder.trend(epochs, estimates, [0.005] * len(epochs))
    assert found.predicted is None and reason in found.reason


def test_a_line_that_misses_its_points_has_a_wider_slope():
    straight = ladder.trend(EPOCHS, line(0.05), [0.005] * 4)
    crooked = ladder.trend(EPOCHS, np.add(line(0.05), [0.02, -0.03, 0.03, -0.02]), [0.005] * 4)
    assert crooked.high - crooked.low > 2 * (straight.high - straight.low)
