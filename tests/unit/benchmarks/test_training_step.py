"""Who takes part in the race of training steps."""

import pytest
from benchmarks.training_step import RIVAL_AUTOCAST, taking_part


@pytest.mark.parametrize(("rate", "autocast"), [(900, [RIVAL_AUTOCAST]), (4, [])])
def test_autocast_takes_part_where_bfloat16_is_multiplied_fast(rate, autocast):
    codes = {"ours, float32": "x", "ours, bfloat16": "y", RIVAL_AUTOCAST: "z"}
    found = taking_part(codes, {"float32": 100, "bfloat16": rate})
    assert [*found] == ["ours, float32", "ours, bfloat16", *autocast]
