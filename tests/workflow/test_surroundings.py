"""What a run finds around it: places that cannot be written to are named, or are not needed."""

import subprocess
import sys

import pytest
from planning import TINY, clean_environment, snakemake_in

TARGET = "results/theory/taylor_tiny.csv"


def a_file(path):
    path.write_text("")


def a_link_to_nowhere(path):
    path.symlink_to("/proc/none/results")


def a_place_without_files(path):
    path.symlink_to("/proc/self")


@pytest.mark.parametrize("spoil", [a_file, a_link_to_nowhere, a_place_without_files])
def test_results_that_cannot_be_written_stop_the_run_before_its_first_job(project, tmp_path, spoil):
    spoil(tmp_path / "results")
    flags = ("-s", project / "Snakefile", TARGET, "--configfile", TINY)
    done = snakemake_in(tmp_path)(*flags, check=False)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"results cannot be written to {tmp_path / 'results'}: " in text
    assert "rule measure_taylor:" not in text


@pytest.mark.parametrize("place", ["/proc/none", "{folder}/file", "{folder}/absent"])
def test_a_run_needs_neither_a_home_nor_a_folder_for_temporary_files(project, tmp_path, place):
    """Snakemake needs a place for its own cache, which XDG_CACHE_HOME names."""
    a_file(tmp_path / "file")
    spoilt = place.format(folder=tmp_path)
    home = spoilt if "absent" not in spoilt else f"{tmp_path}/file"
    surroundings = {"HOME": home, "TMPDIR": spoilt, "XDG_CACHE_HOME": f"{tmp_path}/cache"}
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "-s", project / "Snakefile"]
    command += ["results/tiny/figures/taylor.png", "--configfile", TINY]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=clean_environment() | surroundings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/tiny/figures/taylor.png").stat().st_size
    assert not (tmp_path / "absent").exists()
