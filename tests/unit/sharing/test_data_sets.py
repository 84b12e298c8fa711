"""Size and checksum of a data set, against the shell's own tools."""

import json
import subprocess

import pytest

from spatial_mae.sharing.data_sets import main, measured

SHELL = "find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"


def test_a_folder_s_checksum_is_that_of_the_shell(tmp_path):
    for name in ("b/2.png", "b/10.png", "a b.png", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    shell = subprocess.run(["bash", "-c", SHELL], cwd=tmp_path, capture_output=True, text=True)
    size = sum(len(name) for name in ("b/2.png", "b/10.png", "a b.png", ".hidden"))
    assert measured(tmp_path) == {"files": 4, "bytes": size, "sha256": shell.stdout.split()[0]}


def test_a_list_gets_what_was_measured_and_keeps_the_rest(tmp_path, capsys):
    (tmp_path / "one.npz").write_bytes(b"abc")
    path = tmp_path / "datasets.json"
    path.write_text(json.dumps([{"key": "one", "name": "One"}, {"key": "two", "name": "Two"}]))
    main([str(path), f"one={tmp_path / 'one.npz'}"])
    one, two = json.loads(path.read_text())
    digest = subprocess.run(["sha256sum", tmp_path / "one.npz"], capture_output=True, text=True)
    assert one == {
        "key": "one",
        "name": "One",
        "files": 1,
        "bytes": 3,
        "sha256": digest.stdout.split()[0],
    }
    assert two == {"key": "two", "name": "Two"}
    with pytest.raises(SystemExit):
        main([str(path), "three=x"])
    assert "no data set 'three'" in capsys.readouterr().err


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere is neither a file nor a folder"):
        measured(tmp_path / "nowhere")
