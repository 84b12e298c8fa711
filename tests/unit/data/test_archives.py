"""Finding and verifying archives."""

import hashlib

import pytest

from spatial_mae.data.archives import Archive, find, verify


def test_a_checksum_is_verified(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    verify(tmp_path / "a", hashlib.md5(b"content").hexdigest())
    verify(tmp_path / "a", None)
    with pytest.raises(ValueError, match="expected 0000; delete it and download it again"):
        verify(tmp_path / "a", "0000")


def test_a_copy_is_found_as_the_root_in_it_and_one_folder_below(tmp_path):
    assert find(None, "a.zip") is None and find(tmp_path, "a.zip") is None
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.zip").touch()
    assert find(tmp_path, "b.zip", "a.zip") == tmp_path / "deep" / "a.zip"
    (tmp_path / "a.zip").touch()
    assert find(tmp_path, "a.zip") == find(tmp_path / "a.zip", "a.zip") == tmp_path / "a.zip"
    with pytest.raises(FileNotFoundError, match="correct `root:`"):
        find(tmp_path / "none", "a.zip")


def test_advice_names_url_file_checksum_and_place():
    advice = Archive("http://x.org/y/data.zip", "abc").advice
    for word in ("http://x.org/y/data.zip", "md5 abc", "put data.zip into a folder", "data: {root"):
        assert word in advice
