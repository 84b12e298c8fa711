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
    files.seal_of(tmp_path / "t.csv").unlink()
    with (tmp_path / "t.csv").open("a") as handle:
        handle.write("\n")
    assert files.read_rows(tmp_path / "t.csv") == rows


def test_arrays_come_back(tmp_path):
    files.write_arrays(tmp_path / "x.npz", {"x": np.arange(3)})
    assert files.read_arrays(tmp_path / "x.npz")["x"].tolist() == [0, 1, 2]


KINDS = {
    "t.csv": (lambda path: files.write_rows(path, [{"a": 1.5}]), files.read_rows),
    "x.json": (lambda path: files.write_json(path, {"a": 1.5}), files.read_json),
    "x.npz": (lambda path: files.write_arrays(path, {"a": np.ones(3)}), files.read_arrays),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_flipped_bit_and_every_lost_byte_is_noticed(tmp_path, name):
    write, read = KINDS[name]
    path = tmp_path / name
    write(path)
    whole = path.read_bytes()
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        for content in (flipped, whole[:position]):
            path.write_bytes(content)
            with pytest.raises(ValueError, match=f"{name} is not what was written there"):
                read(path)
    path.write_bytes(whole)
    read(path)


def test_a_seal_is_what_sha256sum_checks(tmp_path):
    files.write_json(tmp_path / "x.json", [1])
    command = ["sha256sum", "--check", "--strict", ".x.json.sha256"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "x.json: OK\n"


def test_an_edited_file_is_read_once_its_seal_is_deleted(tmp_path):
    path = tmp_path / "x.json"
    files.write_json(path, 1)
    path.write_text("2")
    with pytest.raises(ValueError, match=r"use it as it is, delete \.x\.json\.sha256"):
        files.read_json(path)
    files.remove(files.seal_of(path))
    assert files.read_json(path) == 2
    files.write_json(path, 3)
    assert files.read_json(path) == 3


def test_a_damaged_seal_is_noticed_and_an_empty_one_is_none(tmp_path):
    path = tmp_path / "x.json"
    files.write_json(path, 1)
    seal = files.seal_of(path)
    seal.write_bytes(b"\xff" + seal.read_bytes()[1:])
    with pytest.raises(ValueError, match="not what was written"):
        files.read_json(path)
    seal.write_bytes(b"")  # all that a power cut may leave of it
    assert files.read_json(path) == 1


@pytest.mark.parametrize("call", ["unlink", "replace", "write_text"])
def test_a_kill_at_any_step_leaves_no_file_with_the_seal_of_another(tmp_path, call):
    """The process ends at the first, second or third such call while it replaces a file."""
    path = tmp_path / "x.json"
    for skipped in range(4):
        files.write_json(path, "old")
        code = (
            "import os, sys; from pathlib import Path; from spatial_mae import files\n"
            f"plain, left = Path.{call}, [{skipped}]\n"
            "def dies(*args, **options):\n"
            "    if left[0] == 0: os._exit(9)\n"
            "    left[0] -= 1\n"
            "    return plain(*args, **options)\n"
            f"Path.{call} = dies\n"
            "files.write_json(sys.argv[1], 'new')"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)])
        assert done.returncode in (0, 9)
        assert files.read_json(path) in ("old", "new")


def test_copies_keep_their_seal_and_removal_leaves_none(tmp_path):
    files.write_json(tmp_path / "a.json", 1)
    files.copy(tmp_path / "a.json", tmp_path / "b.json")
    (tmp_path / "b.json").write_text("2")
    with pytest.raises(ValueError, match="b.json is not what was written"):
        files.read_json(tmp_path / "b.json")
    files.remove(tmp_path / "a.json")
    files.remove(tmp_path / "b.json")
    assert list(tmp_path.iterdir()) == []


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), files.atomic_path(path) as temporary:
        temporary.write_text("new")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_what_a_killed_writer_left_is_removed_by_the_next_one(tmp_path):
    code = "import os, sys; from spatial_mae.files import atomic_path\n"
    code += "with atomic_path(sys.argv[1]) as path: path.write_text('half'); os._exit(9)"
    for name in ("a.csv", "a.b.csv"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)])
    assert len(list(tmp_path.iterdir())) == 2
    files.write_text(tmp_path / "a.csv", "whole")
    assert len(list(tmp_path.glob(".a.b.*.tmp.csv"))) == 1
    files.write_text(tmp_path / "a.b.csv", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.b.csv", "a.csv"]


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
