"""Paths that a user names."""

import pytest

from spatial_mae.study import file_states
from spatial_mae.study.user_files import is_there


@pytest.mark.parametrize("path", ["", "x" * 5000, "/" + "a/" * 5000, "a\0b", "none"])
def test_what_cannot_be_a_path_is_not_there(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_there(path) == (path == "")  # the folder itself
    assert path == "" or file_states.state((path,)) == ""
