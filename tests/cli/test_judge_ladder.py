"""A ladder judged from made tables of its own design; a rung whose table is missing is left out."""

import numpy as np
import pytest
from benchmarks import made_tables

from spatial_mae.cli.judge_ladder import main
from spatial_mae.files import read_rows, write_rows

RUNGS = {f"epochs_{epochs}": epochs for epochs in (3, 10, 30, 100)}


def run(folder, *tables):
    names = {"verdicts": "ladder.csv", "trends": "trends.csv", "markdown": "ladder.md"}
    names |= {"pdf": "ladder.pdf", "png": "ladder.png", "record": "record.json"}
    outputs = [f"--{flag}={folder / name}" for flag, name in names.items()]
    main(["--table", *tables, "--rung", *(f"{n}={e}" for n, e in RUNGS.items()), *outputs])
    return read_rows(folder / "ladder.csv"), read_rows(folder / "trends.csv")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Jacobian tables of the study, one for each rung but the last, which was never trained."""
    folder = tmp_path_factory.mktemp("tables")
    made = made_tables.tables(
        made_tables.studies()["ladder"], 2, np.random.default_rng(0), {"jacobian"}
    )
    paths = [f"jacobian={folder / name}.csv" for name in RUNGS]
    for name in [*RUNGS][:-1]:
        rows = [row for row in made["jacobian"] if row["training"] == name]
        assert rows
        write_rows(folder / f"{name}.csv", rows)
    return paths


def test_a_ladder_that_was_stopped_reports_what_it_has(tmp_path, tables, capsys):
    verdicts, trends = run(tmp_path, *tables)
    printed = capsys.readouterr().out
    assert "epochs_100.csv: not there yet, left out" in printed
    assert {row["epochs"] for row in verdicts} == {3, 10, 30}
    (entropy,) = [row for row in trends if row["id"] == "entropy.mask"]
    assert entropy["n_rungs"] == 3 and entropy["word"] == "no trend shown"
    assert entropy["predicted"] is None and entropy["reason"].startswith("3 rungs")
    assert "| entropy.mask | 3: " in printed
    assert all((tmp_path / f"ladder.{suffix}").stat().st_size > 1000 for suffix in ("pdf", "png"))


def test_one_rung_is_no_ladder_to_draw(tmp_path, tables):
    with pytest.raises(ValueError, match="no statement has an estimate at two rungs"):
        run(tmp_path, tables[0])
