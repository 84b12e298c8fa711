import json

import pytest

from spatial_mae.cli.solve_gaussian_tree import main
from spatial_mae.files import read_json, read_rows

RECIPE = {
    "variance_ratios": [1],
    "unit_levels": [0, 1],
    "mask_ratios": [0.25, 0.75],
    "n_latents": [4],
    "n_masks": 5,
}


def run(tmp_path, run_with, recipe=RECIPE, **flags):
    flags |= {"recipe": json.dumps(recipe), "levels": tmp_path / "levels.csv"}
    run_with(main, **flags, record=tmp_path / "r.json", seed=3)
    return read_rows(tmp_path / "levels.csv")


@pytest.mark.parametrize(("dimensions", "arity", "depth"), [(1, 2, 4), (2, 4, 2)])
def test_writes_every_source_and_a_record(tmp_path, run_with, dimensions, arity, depth):
    rows = run(tmp_path, run_with, dimensions=dimensions, arity=arity, depth=depth)
    assert {row["source"] for row in rows} == {"code", "shared", "conditional"}
    assert {row["level"] for row in rows} == {"all", *range(depth + 1)}
    assert read_json(tmp_path / "r.json")["seed"] == 3


def test_nothing_is_written_for_a_unit_that_does_not_fit(tmp_path, run_with):
    with pytest.raises(ValueError, match=r"blocks of a level in 0\.\.1"):
        run(tmp_path, run_with, RECIPE | {"unit_levels": [2]}, dimensions=2, arity=4, depth=2)
    assert list(tmp_path.iterdir()) == []
