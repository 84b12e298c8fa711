"""Downloads that can be interrupted: what came so far waits in a `.part` file for the next try."""

import re
import time
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tqdm import tqdm

from spatial_mae.data.archives import Archive, verify

TIMEOUT = 30  # seconds without a byte
CHUNK = 1 << 18
ATTEMPTS = 4  # in one call; a later call resumes as well


def download(archive: Archive, path: Path, pause: float = 2.0) -> int:
    """Fetch `archive` to `path`, resuming `path`.part, and verify its checksum; return its bytes.

    Raises FileNotFoundError, saying what to put where, if the server cannot be reached or breaks
    off again and again (what came is kept); ValueError if the checksum is wrong (nothing is kept).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    for attempt in range(ATTEMPTS):
        time.sleep(pause * attempt)
        try:
            complete = _fetch(archive.url, part)
        except (URLError, HTTPException, ConnectionError, TimeoutError) as error:
            failure, complete = error, False
        else:
            failure = "the server broke off"
        if complete:
            return _accept(archive, part, path)
    have = part.stat().st_size if part.exists() else 0
    raise FileNotFoundError(
        f"cannot download {archive.url}: {failure} ({have} bytes so far are kept, and the next run "
        f"continues from there). Without network: {archive.advice}"
    )


def _accept(archive: Archive, part: Path, path: Path) -> int:
    try:
        verify(part, archive.md5)
    except ValueError:
        part.unlink()
        raise
    part.replace(path)
    return path.stat().st_size


def _fetch(url: str, part: Path) -> bool:
    """Append what is missing to `part`; whether it is then complete."""
    start = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response = urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        if error.code != 416:  # "range not satisfiable": `part` is complete, or not of this file
            raise
        if _total(error.headers) == start:
            return True
        part.unlink()
        return False
    with response:
        return _receive(response, part, start)


def _receive(response, part: Path, start: int) -> bool:
    resumes = response.status == 206 and _first(response.headers) == start
    if response.status == 206 and not resumes:
        raise HTTPException(
            f"asked for bytes from {start}, got {response.headers['Content-Range']}"
        )
    done = start if resumes else 0  # a server that ignores the range sends the whole file
    length = response.headers["Content-Length"]
    total = done + int(length) if length else None
    bar = tqdm(total=total, initial=done, unit="B", unit_scale=True, desc=part.stem, disable=None)
    with part.open("ab" if resumes else "wb") as file, bar:
        while chunk := response.read(CHUNK):
            file.write(chunk)
            bar.update(len(chunk))
            done += len(chunk)
    return total is None or done == total


def _first(headers) -> int | None:
    match = re.match(r"bytes (\d+)-", headers["Content-Range"] or "")
    return int(match[1]) if match else None


def _total(headers) -> int | None:
    match = re.search(r"/(\d+)$", headers["Content-Range"] or "")
    return int(match[1]) if match else None
