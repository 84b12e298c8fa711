import json

import pytest

from spatial_mae.cli.solve_ising import main
from spatial_mae.files import read_json, read_rows


def run(tmp_path, recipe, **flags):
    outputs = {name: tmp_path / f"{name}.csv" for name in ("weights", "summary")}
    flags = {"coupling": 0.4, "recipe": json.dumps(recipe), "record": tmp_path / "r.json"} | flags
    arguments = [
        part
        for name, value in (flags | outputs).items()
        for part in (f"--{name.replace('_', '-')}", str(value))
    ]
    main([*arguments, "--seed", "3"])
    return read_rows(outputs["weights"]), read_rows(outputs["summary"])


RECIPE = {"size": 8, "n_latents": 2, "mask_ratios": [0.25, 0.75], "n_samples": 200, "n_sweeps": 10}


@pytest.mark.parametrize("moment", ["exact", "sampled"])
def test_chain(tmp_path, moment):
    weights, summary = run(tmp_path, RECIPE, lattice="chain", patch_size=4, moment=moment)
    assert [row["mask_ratio"] for row in summary] == [0, 0.25, 0.75]
    assert {row["quantity"] for row in weights} == {"encoder", "influence"}
    assert all(row["rank_influence"] == 2 for row in summary)
    assert read_json(tmp_path / "r.json")["seed"] == 3


@pytest.mark.parametrize("moment", ["exact", "sampled"])
def test_torus(tmp_path, moment):
    weights, summary = run(tmp_path, RECIPE, lattice="torus", patch_size=4, moment=moment)
    assert {row["quantity"] for row in weights} == {"site_energy"} and len(weights) == 3 * 64
    assert all(row["energy_per_site"] < 0 > row["energy_onsager"] for row in summary)


def test_nothing_is_written_for_a_patch_that_does_not_divide(tmp_path):
    with pytest.raises(ValueError, match="does not divide"):
        run(tmp_path, RECIPE, lattice="chain", patch_size=3, moment="exact")
    assert list(tmp_path.iterdir()) == []
