import json

import pytest

from spatial_mae.cli.measure_spectrum import main
from spatial_mae.files import read_rows

RECIPE = {"size": 8, "mask_ratio": 0.5, "n_masks": 1000}


def run(tmp_path, dimensions=1, patch_size=2, recipe=RECIPE, sampling="bernoulli"):
    output = tmp_path / "spectrum.csv"
    flags = ["--dimensions", str(dimensions), "--patch-size", str(patch_size)]
    flags += ["--sampling", sampling, "--recipe", json.dumps(recipe)]
    main([*flags, "--spectrum", str(output), "--record", str(tmp_path / "record.json")])
    return read_rows(output)


@pytest.mark.parametrize("sampling", ["bernoulli", "exact"])
@pytest.mark.parametrize("dimensions", [1, 2])
def test_one_row_per_frequency(tmp_path, dimensions, sampling):
    rows = run(tmp_path, dimensions, sampling=sampling)
    assert len(rows) == 8**dimensions
    assert all(abs(r["averaged"] - r["expected"]) <= 6 * r["standard_error"] + 1e-9 for r in rows)


def test_same_seed_same_table(tmp_path):
    assert run(tmp_path) == run(tmp_path)


def test_bad_patch_size(tmp_path):
    with pytest.raises(ValueError, match="does not divide"):
        run(tmp_path, patch_size=3)
    assert list(tmp_path.iterdir()) == []


def test_unknown_recipe_key(tmp_path):
    with pytest.raises(ValueError, match="mask_ratio"):
        run(tmp_path, recipe={"size": 8, "mask_ratios": 0.5, "n_masks": 1000})
