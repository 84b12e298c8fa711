"""A study's tables into docs/archives, from the command line."""

import subprocess
import sys

import pytest

from spatial_mae.cli.keep_results import main


def test_a_study_without_results_is_a_clear_error(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--study", "small", "--folder", str(tmp_path), "--archives", str(tmp_path / "a")])
    assert "study 'small' has not been run; no study has any" in capsys.readouterr().err


def test_it_says_how_large_the_archive_is(tmp_path, capsys, monkeypatch):
    archive = type("Archive", (), {"folder": tmp_path})
    (tmp_path / "table.csv").write_bytes(b"x" * 20_000)
    monkeypatch.setattr("spatial_mae.cli.keep_results.keep", lambda *given: archive)
    main(["--study", "small"])
    assert capsys.readouterr().out == f"{tmp_path}: 1 files, 0.02 MB\n"


def test_it_works_without_torch():
    code = "import sys, spatial_mae.cli.keep_results; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
