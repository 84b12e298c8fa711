"""Who takes part in the race of training steps."""

import pytest
from benchmarks.training_step import taking_part


@pytest.mark.parametrize(("rate", "there"), [(900, ["a, float32", "b, bfloat16"]), (4, None)])
def test_bfloat16_takes_part_where_it_is_multiplied_fast(rate, there):
    codes = {"a, float32": "x", "b, bfloat16": "y"}
    found = taking_part(codes, {"float32": 100, "bfloat16": rate})
    assert [*found] == (there or ["a, float32"])
