"""Downloads against a server on this machine that can break off and can ignore ranges."""

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from spatial_mae.data import downloading
from spatial_mae.data.archives import Archive

CONTENT = bytes(range(256)) * 4096  # 1 MiB
MD5 = hashlib.md5(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.ranges.append(self.headers["Range"])
        start = self.start_of_range()
        if start is not None and start >= len(CONTENT):
            self.answer(416, {"Content-Range": f"bytes */{len(CONTENT)}"}, b"")
        elif start is not None:
            span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.answer(206, {"Content-Range": span}, CONTENT[start:])
        else:
            self.answer(200, {}, CONTENT)

    def start_of_range(self):
        match = re.match(r"bytes=(\d+)-", self.headers["Range"] or "")
        return int(match[1]) if match and self.server.supports_ranges else None

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else None
        self.wfile.write(body[:cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.supports_ranges, server.cuts, server.ranges = True, [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def archive_on(server, md5=MD5):
    return Archive(f"http://127.0.0.1:{server.server_address[1]}/data.bin", md5)


def download(server, folder, md5=MD5):
    return downloading.download(archive_on(server, md5), folder / "data.bin", pause=0)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_whole(server, tmp_path):
    assert download(server, tmp_path / "new") == len(CONTENT)
    assert (tmp_path / "new" / "data.bin").read_bytes() == CONTENT
    assert names(tmp_path / "new") == ["data.bin"] and server.ranges == [None]


def test_a_broken_connection_is_resumed_where_it_broke(server, tmp_path):
    server.cuts = [300_000, 200_000]
    download(server, tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=300000-", "bytes=500000-"]


def test_a_server_without_ranges_starts_again(server, tmp_path):
    server.supports_ranges, server.cuts = False, [300_000]
    download(server, tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_what_came_is_kept_for_the_next_run(server, tmp_path):
    server.cuts = [1000] * downloading.ATTEMPTS
    with pytest.raises(FileNotFoundError, match="4000 bytes so far are kept"):
        download(server, tmp_path)
    assert names(tmp_path) == ["data.bin.part"]
    server.ranges.clear()
    download(server, tmp_path)
    assert server.ranges == ["bytes=4000-"] and names(tmp_path) == ["data.bin"]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("supports_ranges", [True, False])
def test_a_part_that_is_complete_is_taken(server, tmp_path, supports_ranges):
    server.supports_ranges = supports_ranges
    (tmp_path / "data.bin.part").write_bytes(CONTENT)
    download(server, tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(server, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(CONTENT + b"x")
    download(server, tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing(server, tmp_path):
    with pytest.raises(ValueError, match=f"md5 {MD5}, expected 0123; delete it and download"):
        download(server, tmp_path, md5="0123")
    assert names(tmp_path) == []


def test_without_network_it_says_what_to_put_where(tmp_path):
    archive = Archive("http://127.0.0.1:9/data.bin", MD5)  # nothing listens on port 9
    with pytest.raises(FileNotFoundError) as error:
        downloading.download(archive, tmp_path / "data.bin", pause=0)
    for word in (archive.url, "refused", f"md5 {MD5}", "put data.bin into a folder", "root:"):
        assert word in str(error.value)
    assert names(tmp_path) == []
