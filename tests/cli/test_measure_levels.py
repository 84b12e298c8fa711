import json

import pytest

from spatial_mae.cli.measure_levels import main
from spatial_mae.files import read_json, read_rows
from spatial_mae.hierarchy.levels import DEFINITIONS

RECIPE = {
    "laws": ["bernoulli", "exact", "displaced", "contiguous"],
    "unit_levels": [0, 1],
    "mask_ratios": [0.25, 0.5],
    "n_masks": 40,
}


def run(tmp_path, recipe=RECIPE, **flags):
    flags |= {"recipe": json.dumps(recipe), "levels": tmp_path / "levels.csv"}
    flags |= {"record": tmp_path / "r.json", "seed": 3}
    main([part for name, value in flags.items() for part in (f"--{name}", str(value))])
    return read_rows(tmp_path / "levels.csv")


@pytest.mark.parametrize(("dimensions", "arity", "depth"), [(1, 2, 4), (1, 4, 2), (2, 4, 2)])
def test_every_setting_has_every_definition(tmp_path, dimensions, arity, depth):
    rows = run(tmp_path, dimensions=dimensions, arity=arity, depth=depth)
    settings = {(r["law"], r["unit_level"], r["mask_ratio"], r["definition"]) for r in rows}
    assert len(settings) == 4 * 2 * 2 * len(DEFINITIONS)
    assert {r["method"] for r in rows} == {"formula", "enumeration", "sampling"}
    assert all(1 <= r["value"] <= depth for r in rows if r["definition"] != "top_alone")
    assert read_json(tmp_path / "r.json")["seed"] == 3


def test_nothing_is_written_for_a_tree_that_cannot_be(tmp_path):
    with pytest.raises(ValueError, match="use dimensions 1, or dimensions 2 with arity 4"):
        run(tmp_path, dimensions=2, arity=2, depth=4)
    with pytest.raises(ValueError, match="unit level in 0..depth - 1"):
        run(tmp_path, RECIPE | {"unit_levels": [4]}, dimensions=1, arity=2, depth=4)
    assert list(tmp_path.iterdir()) == []
