"""Files are whole or absent."""

import resource
import signal
import subprocess
import sys

import numpy as np
import pytest

from spatial_mae import files


def test_rows_come_back_typed(tmp_path):
    rows = [{"a": 1, "b": 0.1 + 0.2, "c": "text"}, {"a": True, "d": None}]
    files.write_rows(tmp_path / "t.csv", rows)
    assert files.read_rows(tmp_path / "t.csv") == [
        {"a": 1, "b": 0.1 + 0.2, "c": "text", "d": None},
        {"a": "yes", "b": None, "c": None, "d": None},
    ]


@pytest.mark.parametrize("row", ["1", "1,2,3"])
def test_a_row_of_another_length_than_the_header_names_its_line(tmp_path, row):
    (tmp_path / "t.csv").write_text(f"a,b\n1,2\n{row}\n")
    with pytest.raises(ValueError, match=r"t.csv: row 2 has \d cells, the header 2"):
        files.read_rows(tmp_path / "t.csv")


def test_blank_lines_are_passed_over_and_cells_may_hold_commas_and_line_ends(tmp_path):
    rows = [{"a": 'x, "y"\nz', "b": 1}]
    files.write_rows(tmp_path / "t.csv", rows)
    with (tmp_path / "t.csv").open("a") as handle:
        handle.write("\n")
    assert files.read_rows(tmp_path / "t.csv") == rows


def test_arrays_come_back(tmp_path):
    files.write_arrays(tmp_path / "x.npz", {"x": np.arange(3)})
    assert files.read_arrays(tmp_path / "x.npz")["x"].tolist() == [0, 1, 2]


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), files.atomic_path(path) as temporary:
        temporary.write_text("new")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_json_refuses_numbers_json_does_not_have(tmp_path):
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "x.json", float("nan"))
    assert not (tmp_path / "x.json").exists()


def test_a_full_disk_leaves_no_file(tmp_path):
    """A limit on file size fails the write in the middle, as a full disk does."""
    code = "import sys, numpy as np; from spatial_mae.files import write_arrays\n"
    code += "write_arrays(sys.argv[1], {'x': np.zeros(1 << 20)})"
    path = tmp_path / "x.npz"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        preexec_fn=_small_files_only,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def _small_files_only():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
