import json

import pytest

from spatial_mae.cli.audit_theorem import main
from spatial_mae.files import read_json, read_rows

RECIPE = {"n_graphs": 2, "n_latents": 3, "n_observables": 3, "max_parents": 2}


def run(tmp_path, recipe):
    flags = {"recipe": json.dumps(recipe), "record": tmp_path / "r.json", "seed": 3}
    flags |= {"cases": tmp_path / "cases.csv", "audit": tmp_path / "audit.csv"}
    main([part for name, value in flags.items() for part in (f"--{name}", str(value))])
    return read_rows(tmp_path / "cases.csv"), read_rows(tmp_path / "audit.csv")


def test_cases_and_graphs(tmp_path):
    cases, audit = run(tmp_path, RECIPE)
    assert len(cases) == 3 * 12
    assert len(audit) == 3 + RECIPE["n_graphs"]
    assert all(row["least_and_unique"] == row["n_masks"] for row in audit)
    assert read_json(tmp_path / "r.json")["seed"] == 3


def test_nothing_is_written_for_graphs_too_large_to_search(tmp_path):
    with pytest.raises(ValueError, match="n_latents: 13 .* at most 12"):
        run(tmp_path, RECIPE | {"n_latents": 13})
    assert list(tmp_path.iterdir()) == []
