import json

import pytest

from spatial_mae.cli.check_lemmas import main
from spatial_mae.files import read_json, read_rows

RECIPE = {"n_patches": 3, "patch_size": 2, "n_latents": 2, "n_restarts": 3}


def run(tmp_path, **changes):
    output, record = tmp_path / "lemmas.csv", tmp_path / "record.json"
    recipe = json.dumps(RECIPE | changes)
    main(["--recipe", recipe, "--lemmas", str(output), "--record", str(record), "--seed", "2"])
    return read_rows(output)


def test_rows(tmp_path):
    rows = run(tmp_path)
    assert set(rows[0]) == {"check", "quantity", "value", "n"}
    assert {"L1.objective", "T1", "L2.count", "poster.redundant"} <= {row["check"] for row in rows}
    assert read_json(tmp_path / "record.json")["seed"] == 2


def test_too_many_patches(tmp_path):
    with pytest.raises(ValueError, match="n_patches: 30"):
        run(tmp_path, n_patches=30)
    assert list(tmp_path.iterdir()) == []
