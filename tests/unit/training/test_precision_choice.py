"""The faster precision, on a clock that the test turns."""

import pytest
import torch

from spatial_mae.training import precision_choice


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({"float32": 2.0, "bfloat16": 1.0}, "bfloat16"),
        ({"float32": 1.21, "bfloat16": 1.0}, "bfloat16"),
        ({"float32": 1.19, "bfloat16": 1.0}, "float32"),
        ({"float32": 1.0, "bfloat16": 3.0}, "float32"),
    ],
)
def test_bfloat16_must_be_a_fifth_faster(monkeypatch, seconds, expected):
    now, calls = [0.0], []

    def run(precision):
        # The first call of each is slow, as memory is allocated: it must not count.
        now[0] += seconds[precision] if precision in calls else 100 * seconds["float32"]
        calls.append(precision)

    monkeypatch.setattr(precision_choice.time, "process_time", lambda: now[0])
    assert precision_choice.faster_precision(run, torch.device("cpu")) == expected
    assert calls == ["float32", "bfloat16"] * 4
