"""The table of training runs."""

import subprocess
import sys

import pytest

from spatial_mae.cli.show_status import main
from spatial_mae.training.run_folder import open_run


def test_it_prints_the_runs_and_writes_nothing(tmp_path, capsys):
    with open_run(tmp_path / "pretrain/photos/small/short/patch-4_seed-0/state") as run:
        run.update(epoch=2, epochs=8, eta_seconds=90, loss=0.5)
        before = sorted(tmp_path.rglob("*"))
        main(["--results", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "pretrain/photos/small/short/patch-4_seed-0  running  2/8" in printed
    assert "1 min 30 s" in printed and "1 running" in printed
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_folder_is_a_clear_error(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--results", str(tmp_path / "nowhere")])
    assert "give the workflow's with --results" in capsys.readouterr().err


def test_it_answers_without_torch(tmp_path):
    code = "import sys, spatial_mae.cli.show_status; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
