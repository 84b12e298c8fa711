"""Write an archive: the same files give the same bytes."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from spatial_mae.files import atomic_path, check, read_json, sha256
from spatial_mae.sharing.agreement import refuse_mixed
from spatial_mae.sharing.bookkeeping import metadata_files
from spatial_mae.sharing.members import result_files

FORMAT = "spatial-mae results"
VERSION = 1
MANIFEST = "MANIFEST.json"


def pack(study: str, folder: Path, archive: Path) -> dict:
    """Write the results of `study` below `folder` (which holds `results/`) to `archive` (.tar.gz).

    Returns the manifest, its first member: format, version, study, commits, versions (library ->
    those that the run records name) and files (path -> sha256, size in bytes). Times and owners of
    files do not enter, so that the same results give the same archive.

    Raises FileNotFoundError if the study has not been run, or not to its end; ValueError if a file
    is not what a job wrote there, or not what the study's tables were made from.
    """
    config = written_config(study, folder)
    results = result_files(config, folder)
    refuse_mixed(config, folder)
    files = [*results, *metadata_files(config, results, folder)]
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "study": study,
        **origin([read_json(folder / path) for path in results if path.endswith("record.json")]),
        "files": {path: describe(folder / path) for path in files},
    }
    with atomic_path(archive) as temporary:
        _write(temporary, manifest, files, folder)
    return manifest


def written_config(study: str, folder: Path) -> dict:
    """The merged config of a study that was run below `folder`; FileNotFoundError without one."""
    written = folder / f"results/{study}/config.yaml"
    if not written.is_file():
        known = sorted(path.parent.name for path in folder.glob("results/*/config.yaml"))
        names = f"studies with results here: {', '.join(known)}" if known else "no study has any"
        raise FileNotFoundError(f"no {written}: study {study!r} has not been run; {names}")
    return yaml.safe_load(written.read_text(encoding="utf-8"))


def describe(path: Path) -> dict:
    digest = sha256(path)
    check(path, digest)
    return {"sha256": digest, "size": path.stat().st_size}


def origin(records: Sequence[object]) -> dict:
    """Commits and library versions that run records name."""
    read = [record for record in records if isinstance(record, Mapping)]
    commits = {
        f"{r['commit'] or 'unknown'}{', with changes' * bool(r.get('dirty'))}"
        for r in read
        if "commit" in r
    }
    versions: dict[str, set[str]] = {}
    for record in read:
        for library, version in record.get("versions", {}).items():
            versions.setdefault(library, set()).add(version)
    return {
        "commits": sorted(commits),
        "versions": {library: sorted(found) for library, found in sorted(versions.items())},
    }


def _write(path: Path, manifest: Mapping, files: Sequence[str], folder: Path) -> None:
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        text = (json.dumps(manifest, indent=1) + "\n").encode()
        tar.addfile(_entry(MANIFEST, len(text)), io.BytesIO(text))
        for name in files:
            with (folder / name).open("rb") as handle:
                tar.addfile(_entry(name, manifest["files"][name]["size"]), handle)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)  # time 0, owner 0, mode 0o644
    entry.size = size
    return entry
