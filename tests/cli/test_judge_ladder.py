"""A ladder judged from made tables of its own design; a rung whose table is missing is left out."""

import numpy as np
import pytest
import yaml
from benchmarks import made_tables

from spatial_mae.cli.judge_ladder import main
from spatial_mae.files import read_json, read_rows, write_rows

RUNGS = {f"epochs_{epochs}": epochs for epochs in (3, 10, 30, 100)}


EXPERIMENTS = [{"name": name, "kind": "jacobian"} for name in RUNGS]
CONFIG = {
    "study": "ladder",
    "ladder": [*RUNGS],
    "recipes": {"pretraining": {name: {"epochs": epochs} for name, epochs in RUNGS.items()}},
    "experiments": EXPERIMENTS,
}


def run(folder):
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    main([f"--config={folder / 'config.yaml'}", f"--folder={folder}", f"--record={folder / 'r'}"])
    return read_rows(folder / "ladder.csv"), read_json(folder / "ladder.json")


@pytest.fixture(scope="module")
def made():
    config = made_tables.studies()["ladder"]
    return made_tables.tables(config, 2, np.random.default_rng(0), {"jacobian"})["jacobian"]


def write(folder, made, names):
    for name in names:
        rows = [row for row in made if row["training"] == name]
        assert rows
        write_rows(folder / "tables" / f"{name}.csv", rows)


def test_a_ladder_that_was_stopped_reports_what_it_has(tmp_path, made, capsys):
    write(tmp_path, made, [*RUNGS][:-1])
    verdicts, trends = run(tmp_path)
    printed = capsys.readouterr().out
    assert "epochs_100.csv: not there yet, left out" in printed
    assert {row["epochs"] for row in verdicts} == {3, 10, 30}
    (entropy,) = [row for row in trends if row["id"] == "entropy.mask"]
    assert entropy["n_rungs"] == 3 and entropy["word"] == "no trend shown"
    assert entropy["predicted"] is None and entropy["reason"].startswith("3 rungs")
    assert "| entropy.mask | 3: " in printed
    assert all((tmp_path / f"ladder.{suffix}").stat().st_size > 1000 for suffix in ("pdf", "png"))


def test_one_rung_is_no_ladder_to_draw(tmp_path, made):
    write(tmp_path, made, [*RUNGS][:1])
    with pytest.raises(ValueError, match="no statement has an estimate at two rungs"):
        run(tmp_path)
