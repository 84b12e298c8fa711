"""Results as one archive, from the command line."""

import subprocess
import sys
import tarfile

import pytest
from toy_study import write_toy_study

from spatial_mae.cli.pack_results import main


def test_it_writes_an_archive_and_says_how_large(tmp_path, capsys):
    write_toy_study(tmp_path / "here")
    archive = tmp_path / "small.tar.gz"
    main(["--study", "small", "--folder", str(tmp_path / "here"), "--archive", str(archive)])
    with tarfile.open(archive) as tar:
        assert "results/small/tables/psd.csv" in tar.getnames()
    assert f"{archive}: 19 files, " in capsys.readouterr().out


def test_a_study_without_results_is_a_clear_error(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--study", "small", "--folder", str(tmp_path), "--archive", str(tmp_path / "a")])
    assert "study 'small' has not been run; no study has any" in capsys.readouterr().err


def test_it_works_without_torch():
    code = "import sys, spatial_mae.cli.pack_results; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
