import json

import pytest
from toy_recovery import tree_dataset, write_run

from spatial_mae.cli.recover_levels import main
from spatial_mae.files import read_json, read_rows


@pytest.fixture
def flags(tmp_path):
    write_run(tmp_path)
    tree_dataset(tmp_path)
    return {
        "manifest": tmp_path / "manifest.json",
        "weights": tmp_path / "w.safetensors",
        "checkpoints": tmp_path / "checkpoints",
        "recipe": json.dumps({"n_fitted": 60, "n_test": 30, "components": 3}),
        "threads": 1,
        "levels": tmp_path / "levels.csv",
        "record": tmp_path / "record.json",
    }


def test_writes_a_table_and_a_record(flags, run_with):
    run_with(main, **flags)
    rows = read_rows(flags["levels"])
    assert {row["source"] for row in rows} == {"trained", "untrained", "pixels"}
    assert {row["level"] for row in rows} == {"all", 0, 1}
    assert len(read_json(flags["record"])["inputs"]) == 2


def test_too_many_components_are_refused(flags, run_with):
    flags["recipe"] = json.dumps({"n_fitted": 60, "n_test": 30, "components": 100})
    with pytest.raises(ValueError, match="the tokens have 32 values"):
        run_with(main, **flags)
    assert not flags["levels"].exists()
