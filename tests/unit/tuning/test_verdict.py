"""The interval of a difference against the pooled t interval written out, and what a page says."""

import math
from statistics import mean, variance

import pytest
from scipy.stats import t

from spatial_mae.tuning.verdict import comparison, in_words

OURS, THEIRS = (0.52, 0.50, 0.54), (0.41, 0.45, 0.40)


def rows(name, values, n_labelled=10**12, status="completed"):
    common = {"candidate": name, "epoch": 10, "epochs": 10, "status": status, "seconds": 1.0}
    common |= {"n_labelled": n_labelled}
    return [common | {"seed": seed, "probe": value} for seed, value in enumerate(values)]


def test_the_interval_is_the_pooled_one_where_images_add_nothing():
    found = comparison(rows("a", OURS) + rows("b", THEIRS), "a", "b")
    pooled = (variance(OURS) + variance(THEIRS)) / 2
    reach = t.ppf(0.975, 4) * math.sqrt(pooled * 2 / 3)
    gap = mean(OURS) - mean(THEIRS)
    assert found["difference"] == pytest.approx(gap)
    assert (found["low"], found["high"]) == pytest.approx((gap - reach, gap + reach), rel=1e-6)


def test_few_images_widen_it():
    def error(n):
        found = comparison(rows("a", OURS, n) + rows("b", THEIRS, n), "a", "b")
        return found["winner_standard_error"]

    own = 0.5 * mean(OURS) * (1 - mean(OURS)) / 100
    assert error(100) ** 2 - error(10**12) ** 2 == pytest.approx(own)


@pytest.mark.parametrize("lost", ["a", "b"])
def test_one_that_diverged_has_no_number_and_no_difference(lost):
    values = {"a": OURS, "b": THEIRS}
    made = [r for n in values for r in rows(n, values[n], status="completed")]
    made += rows(lost, (0.1,), status="diverged")
    found = comparison(made, "a", "b")
    assert found["winner" if lost == "a" else "base"] is None
    assert found["base" if lost == "a" else "winner"] is not None and found["difference"] is None


def test_values_are_written_as_a_config_has_them():
    base = {"ema_decay": None, "flip": True, "base_learning_rate": 0.012}
    changed = {"ema_decay": 0.99, "flip": False, "base_learning_rate": 0.012}
    assert in_words(changed, base) == "ema_decay 0.99, flip false"
    assert in_words(base, changed) == "ema_decay null, flip true"
    assert in_words(base, base) == "as the base"
