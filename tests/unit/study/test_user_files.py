"""Paths that a user names."""

import pytest

from spatial_mae.study import file_states, user_files
from spatial_mae.study.user_files import is_there


@pytest.mark.parametrize("path", ["", "x" * 5000, "/" + "a/" * 5000, "a\0b", "none"])
def test_what_cannot_be_a_path_is_not_there(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_there(path) == (path == "")  # the folder itself
    assert path == "" or file_states.state((path,)) == ""


def test_a_full_folder_of_temporary_files_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    user_files.check_temporary()
    with pytest.raises(ValueError, match=rf"TMPDIR names {tmp_path}, .* set it to another folder"):
        user_files.check_temporary(least=2**62)
    assert list(tmp_path.iterdir()) == []
    for nothing in (tmp_path / "absent", ""):
        monkeypatch.setenv("TMPDIR", str(nothing))
        user_files.check_temporary(least=2**62)
