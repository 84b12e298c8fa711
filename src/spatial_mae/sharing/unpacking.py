"""Read an archive: check everything, then put it in place, all or nothing."""

import hashlib
import json
import os
import re
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from spatial_mae.files import seal_of, sha256, write_seal
from spatial_mae.sharing.bookkeeping import INCOMPLETE, METADATA, output_of
from spatial_mae.sharing.packing import FORMAT, MANIFEST, VERSION

SHOWN = 5
BLOCK = 1 << 20
LARGEST_MANIFEST = 1 << 26  # bytes: a hundred thousand files
KEYS = {"format", "version", "study", "commits", "versions", "files"}


def unpack(archive: Path, folder: Path, study: str | None = None, force: bool = False) -> dict:
    """Put the results in `archive` below `folder`, the checkout in which Snakemake runs.

    Every file is checked against the archive's manifest before one is put in place. Files that are
    there already with the same content stay as they are, with what Snakemake remembers of them and
    of outputs that are there and not shared; all others get one and the same time of change, so
    that none looks older than what it was made from. Returns the manifest.

    Raises ValueError if `archive` is not one of ours, of another format version or another study
    than `study`, damaged or incomplete; FileExistsError if a file with other content is there and
    `force` is not set; FileNotFoundError without archive or folder.
    """
    if not archive.is_file():
        raise FileNotFoundError(f"no archive {archive}")
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}: give the checkout's")
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=folder) as temporary:
        staged = Path(temporary)
        manifest = _extract(archive, staged, study)
        names = list(manifest["files"])
        new = [name for name in names if not _same(manifest["files"][name], folder / name)]
        if not force:
            placed = set(new)
            new = [n for n in new if not _stays(n, manifest["files"], placed, folder)]
            _refuse_to_overwrite([n for n in new if not n.startswith(METADATA)], folder)
        _place(new, manifest["files"], staged, folder)
    return manifest


def _extract(archive: Path, staged: Path, study: str | None) -> dict:
    """Write the members to `staged` and return the manifest they were checked against."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _manifest(archive, tar, study)
            _check_room(archive, manifest["files"], staged)
            for number, member in enumerate(tar):
                _check_member(archive, member, manifest, is_first=not number)
                if number:
                    _copy(archive, tar, member, manifest["files"][member.name], staged)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the disk, not the archive
            raise
        raise _damaged(archive, f"cannot be read to its end ({error})") from error
    missing = [name for name in manifest["files"] if not (staged / name).is_file()]
    if missing:
        raise _damaged(archive, f"lacks {len(missing)} of its files, first {missing[0]}")
    return manifest


def _manifest(archive: Path, tar: tarfile.TarFile, study: str | None) -> dict:
    first = tar.next()
    is_ours = first is not None and first.name == MANIFEST and first.isfile()
    if is_ours and first.size > LARGEST_MANIFEST:
        raise ValueError(f"{archive}: {MANIFEST} has {first.size} bytes; not unpacked")
    try:
        manifest = json.load(tar.extractfile(first)) if is_ours else None
    except (ValueError, RecursionError) as error:
        raise _damaged(archive, f"has an unreadable {MANIFEST} ({error})") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(
            f"{archive} is no archive of results: its first file is not our {MANIFEST}; "
            "make one with `make pack-results`"
        )
    if manifest.get("version") != VERSION:
        raise ValueError(
            f"{archive} has format version {manifest.get('version')!r}, this code reads {VERSION}; "
            f"unpack it with the code it was packed with (commits {manifest.get('commits')})"
        )
    if not manifest.keys() >= KEYS:
        raise _damaged(archive, f"has no {', '.join(sorted(KEYS - manifest.keys()))} in {MANIFEST}")
    if not _describes(manifest["files"]):
        raise _damaged(archive, f"has no sizes and checksums in {MANIFEST}")
    if study is not None and manifest["study"] != study:
        raise ValueError(f"{archive} holds the study {manifest['study']!r}, not {study!r}")
    return manifest


def _describes(files: object) -> bool:
    """Whether this names files with sizes and checksums."""
    return isinstance(files, dict) and all(
        isinstance(known, dict)
        and isinstance(known.get("size"), int)
        and re.fullmatch("[0-9a-f]{64}", str(known.get("sha256")))
        for known in files.values()
    )


def _check_room(archive: Path, files: Mapping, staged: Path) -> None:
    """Refuse what would fill the disk, before the first file is written."""
    needed, free = sum(known["size"] for known in files.values()), shutil.disk_usage(staged).free
    if needed > free:
        raise ValueError(f"{archive} holds {needed} bytes, {free} are free; not unpacked")


def _check_member(
    archive: Path, member: tarfile.TarInfo, manifest: Mapping, is_first: bool
) -> None:
    """First the manifest, then plain files that it lists, of the size that it says, in the two
    places where results belong."""
    path = PurePosixPath(member.name)
    inside = path.parts[:1] == ("results",) or path.is_relative_to(METADATA)
    listed = is_first or (member.name in manifest["files"] and inside)
    if listed and not is_first and member.size != manifest["files"][member.name]["size"]:
        raise _damaged(archive, f"holds another {member.name} than it was packed with")
    if not (member.isfile() and listed) or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{archive}: unexpected {member.name!r}; not unpacked")


def _copy(
    archive: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, known: Mapping, staged: Path
) -> None:
    target = staged / member.name
    if target.exists():
        raise ValueError(f"{archive}: {member.name!r} is there twice; not unpacked")
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tar.extractfile(member) as source, target.open("wb") as handle:
        while block := source.read(BLOCK):
            digest.update(block)
            handle.write(block)
    if digest.hexdigest() != known["sha256"]:
        raise _damaged(archive, f"holds another {member.name} than it was packed with")


def _same(known: Mapping, path: Path) -> bool:
    is_there = path.is_file() and path.stat().st_size == known["size"]
    return is_there and sha256(path) == known["sha256"]


def _stays(name: str, shared: Mapping, new: set[str], folder: Path) -> bool:
    """Whether a file of Snakemake's bookkeeping stays: its output is here and is not replaced.

    shared, new: files of the archive, and those of them that are put in place.
    """
    if not name.startswith(METADATA) or not (folder / name).exists():
        return False
    output = output_of(name)
    if output is None or output in shared:
        return output not in new
    return (folder / output).exists()


def _refuse_to_overwrite(names: Sequence[str], folder: Path) -> None:
    if there := [name for name in names if os.path.lexists(folder / name)]:
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        raise FileExistsError(
            f"{folder.resolve()} holds other results: {', '.join(there[:SHOWN])}{more}; unpack "
            "into a fresh checkout (--folder), or replace them with --force"
        )


def _place(names: Sequence[str], known: Mapping, staged: Path, folder: Path) -> None:
    now = time.time_ns()
    for name in names:
        os.utime(staged / name, ns=(now, now))
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        seal_of(folder / name).unlink(missing_ok=True)
        (staged / name).replace(folder / name)
        if not name.startswith(METADATA):
            write_seal(folder / name, known[name]["sha256"])
    if any(name.startswith(METADATA) for name in names):
        (folder / INCOMPLETE).mkdir(parents=True, exist_ok=True)


def _damaged(archive: Path, what: str) -> ValueError:
    return ValueError(f"{archive} is damaged: it {what}; get it again")
