"""Whether the files of a finished study belong together."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from spatial_mae.files import read_json, sha256
from spatial_mae.study import jobs

COMPARED = (".csv", ".json")  # tables and manifests: what is shared
# What a network was trained on is in its run's tables; a manifest whose words alone were corrected
# does not make it another one.
NETWORKS = "pretrain_mae"


def refuse_mixed(config: Mapping, folder: Path) -> None:
    """Raise ValueError if a job of the study read another table or manifest than is there now.

    Studies share the results of a data set, a recipe or a run of the same name. One that gives such
    a name another meaning replaces files below `folder`/results from which another study's tables
    were made. Files that are gone are passed over: no images are needed to share results.
    """
    now: dict[str, str] = {}
    for record, path, before in _read_then(config, folder):
        if path not in now:
            now[path] = sha256(folder / path)
        if now[path] != before:
            raise ValueError(
                f"{path} is not the file that {record} names: it was written again since, by "
                f"another study or an unfinished run. Run study {config['study']!r} again with its "
                "own config; studies that define a data set or recipe differently need different "
                "names for it, or a folder each"
            )


def _read_then(config: Mapping, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Run record, a result that its job read and that is there, and its SHA-256 then."""
    names = {jobs.record_file(job) for job in jobs.study_jobs(config) if job.rule != NETWORKS}
    for name in sorted(name for name in names if (folder / name).is_file()):
        for path, digest in read_json(folder / name).get("inputs", {}).items():
            place = PurePosixPath(path)
            compared = place.parts[:1] == ("results",) and place.suffix in COMPARED
            if compared and (folder / path).is_file():
                yield name, path, digest
