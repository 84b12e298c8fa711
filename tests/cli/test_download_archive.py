"""The entry point that downloads, against a server on this machine."""

import hashlib
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from spatial_mae.cli.download_archive import main
from spatial_mae.data import cifar10
from spatial_mae.data.archives import Archive


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "a.tar.gz").write_bytes(b"content")

    def handler(*arguments):
        return Handler(*arguments, directory=tmp_path / "served")

    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/a.tar.gz"
        server.shutdown()


def run(folder, source="cifar10"):
    record = folder / "record.json"
    main(["--source", source, "--archive", str(folder / "a.tar.gz"), "--record", str(record)])
    return json.loads(record.read_text())


def test_the_archive_arrives_verified_with_a_record(tmp_path, url, monkeypatch):
    monkeypatch.setattr(cifar10, "ARCHIVE", Archive(url, hashlib.md5(b"content").hexdigest()))
    record = run(tmp_path / "out")
    assert (tmp_path / "out" / "a.tar.gz").read_bytes() == b"content"
    assert (record["url"], record["bytes"]) == (url, 7)
    assert record["sha256"] == hashlib.sha256(b"content").hexdigest()


def test_a_wrong_checksum_leaves_neither_archive_nor_record(tmp_path, url, monkeypatch):
    monkeypatch.setattr(cifar10, "ARCHIVE", Archive(url, "0" * 32))
    with pytest.raises(ValueError, match="download it again"):
        run(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_source_without_archive_is_named(tmp_path):
    with pytest.raises(ValueError, match="'ising' has no archive"):
        run(tmp_path, "ising")
