"""What Snakemake remembers of the jobs behind shared files, so that it still notices edits.

A results file without it counts as up to date whatever the config says: an edited recipe would
quietly leave the old numbers in place. It is in `.snakemake/metadata`, one JSON file per output of
a job, under the output's path in base64.
"""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path

from spatial_mae.study import relations, sources
from spatial_mae.study.measurements import KINDS, RULES
from spatial_mae.study.user_files import paths_of

METADATA = ".snakemake/metadata"
# Must exist next to it, or Snakemake mistakes the folder for one of an old version.
INCOMPLETE = ".snakemake/incomplete"


def metadata_files(config: Mapping, files: Sequence[str], folder: Path) -> list[str]:
    """What Snakemake remembers of all outputs of the jobs that wrote `files`; sorted.

    Outputs that are not shared themselves (weights) count too: without them Snakemake asks nothing
    about a job. Left out are data sets read from a copy (`root:`), whose manifest holds the images'
    checksums, and measurements on files that a recipe names: where these are depends on each
    machine. Empty where Snakemake did not run.
    """
    elsewhere = {n for n in relations.used_datasets(config) if sources.root(config, n) is not None}
    rules = _reading_files(config)
    remembered = {path: output_of(path) for path in _all(folder)}
    shared = {
        path: output
        for path, output in remembered.items()
        if _dataset(output) not in elsewhere and not any(_is_of(rule, output) for rule in rules)
    }
    logs = {path: _log(folder / path) for path in shared}
    wanted = {logs[path] for path, output in shared.items() if output in set(files)}
    return sorted(path for path in shared if logs[path] in wanted)


def output_of(path: str) -> str | None:
    """The output whose metadata file `path` is; None if it is no such file."""
    parts = Path(path).relative_to(METADATA).parts
    try:
        # A name too long for the file system continues in folders that begin with @.
        return urlsafe_b64decode("".join(part.removeprefix("@") for part in parts)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _all(folder: Path) -> list[str]:
    files = (p for p in (folder / METADATA).rglob("*") if p.is_file())
    return [p.relative_to(folder).as_posix() for p in files]


def _reading_files(config: Mapping) -> list[str]:
    """The rules of the study that read files which their recipes name."""
    used = {
        (KINDS[e["kind"]].rule, KINDS[e["kind"]].recipe, e["recipe"]) for e in config["experiments"]
    }
    return [
        rule
        for rule, family, name in sorted(used)
        if any(config["recipes"][family][name].get(key) for key in paths_of(family))
    ]


def _is_of(rule: str, output: str | None) -> bool:
    return bool(RULES[rule].read_folder(Path(output or "").parent))


def _dataset(output: str | None) -> str | None:
    """The data set an output belongs to, if it is one of its own files."""
    return RULES["prepare_dataset"].read_folder(Path(output or "").parent).get("dataset")


def _log(path: Path) -> tuple[str, ...] | None:
    """The log files a metadata file names: one job's, and no other's."""
    try:
        return tuple(json.loads(path.read_text(encoding="utf-8"))["log"]) or None
    except (ValueError, KeyError, TypeError):
        return None
