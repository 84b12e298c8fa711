"""What made a result: the fingerprint of the code behind a rule, and the record of a run."""

import argparse
import gc
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from spatial_mae import code

LIBRARIES = ("numpy", "scipy", "torch", "torchvision", "matplotlib", "pillow", "snakemake")


def fingerprint(rule: str, *modules: str) -> str:
    """Hash of the code behind `rule`: its entry point, `modules` and all of ours they import.

    Comments, docstrings and layout do not count. `modules` names what the entry point picks at run
    time, for instance `figures.gabor`. An `__init__` counts only where it is imported by name: a
    test holds them to re-exports. This module does not count either: it describes results.

    Returns 16 hexadecimal digits. Raises FileNotFoundError if a module does not exist.
    """
    digest = hashlib.sha256()
    for module in sorted(import_closure([f"cli.{rule}", *modules])):
        digest.update(f"{module} {code.code_of(module).digest}\n".encode())
    return digest.hexdigest()[:16]


def share_with_jobs(source: str, choices: Mapping[str, str]) -> None:
    """Let the workflow's jobs find the package in `source`, and the Python that runs this.

    Jobs in a conda environment put its Python in front of it. choices: question ->
    answer that the study fixes, or None (see `spatial_mae.choices`).
    """
    from spatial_mae.choices import PINS

    fixed = {name: answer for name, answer in choices.items() if answer is not None}
    if fixed:
        os.environ[PINS] = ",".join(f"{name}={answer}" for name, answer in fixed.items())
    os.environ["PYTHONPATH"] = os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def import_closure(modules: Sequence[str]) -> set[str]:
    """All modules of this package that `modules` import, at any depth, anywhere in their text."""
    seen: set[str] = {"provenance"}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += code.imported_by(module)
    return seen - {"provenance"}


def modules_of(room: str) -> list[str]:
    """The modules of a room, `claims.taylor` for instance, in alphabetical order."""
    paths = (code.PACKAGE / room).glob("[!_]*.py")
    return sorted(f"{room}.{path.stem}" for path in paths)


def add_record_flags(parser: argparse.ArgumentParser, record: Path | None = None) -> None:
    """The two flags every entry point shares. `record`: where it goes by itself; None: required."""
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument(
        "--record",
        type=Path,
        default=record,
        required=record is None,
        help="run record to write (.json)",
    )


@contextmanager
def run_record(arguments: argparse.Namespace, inputs: Sequence[Path] = ()) -> Iterator[dict]:
    """Write `arguments.record` when the block ends without an exception.

    Yields the record, a dict to which the block may add what it measured. It holds the version of
    this package, the commit and whether the tree was dirty (None and `commit_unknown`, the reason,
    where that cannot be known, which is said on stderr too), command, versions of libraries, host,
    device, seconds, peak memory of this process in bytes, seed, the SHA-256 of each input file, and
    what was chosen by measurement. Raises ValueError for an input that is not what an earlier job
    wrote there.
    """
    from spatial_mae import __version__
    from spatial_mae.choices import made
    from spatial_mae.files import check, sha256, write_json

    start = time.perf_counter()
    if _is_a_job():  # what was imported stays to the end: no garbage is sought there, least of all
        gc.freeze()  # at the exit (with torch 0.7 s of a core)
    record = {
        "command": [code.NAME, *sys.argv],
        "seed": arguments.seed,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "version": __version__,
        **_commit(),
        "python": platform.python_version(),
        "versions": _versions(),
        "host": platform.node(),
        "device": f"cpu ({os.cpu_count()} cores, {platform.machine()})",
        "inputs": {str(path): sha256(path) for path in inputs},
    }
    for path, digest in record["inputs"].items():
        check(path, digest)
    yield record
    record["seconds"] = round(time.perf_counter() - start, 3)
    record["peak_memory_bytes"] = _peak_memory()
    if choices := made():
        record["choices"] = choices
    write_json(arguments.record, record)


def _peak_memory() -> int:
    """Largest resident size of this process in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: getrusage would count the parent's peak before exec
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _is_a_job() -> bool:
    """Whether this process was started as an entry point, `python -m spatial_mae.cli.<rule>`."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec is not None and spec.name.startswith(f"{code.NAME}.cli.")


def _commit() -> dict[str, object]:
    """The commit of this package's code and whether files differ from it, or why that is unknown.

    Files of the package that git neither knows nor ignores count as differences.
    """
    try:
        _git("ls-files", "--error-unmatch", "__init__.py")  # no other project's repository
        changes = _git("status", "--porcelain", "--untracked-files=no")
        added = _git("ls-files", "--others", "--exclude-standard", ".")
        return {"commit": _git("rev-parse", "HEAD"), "dirty": bool(changes or added)}
    except _UnknownError as error:
        print(f"warning: the commit of this code is unknown: {error}", file=sys.stderr)
        return {"commit": None, "dirty": None, "commit_unknown": str(error)}


class _UnknownError(Exception):
    """Git gives no answer; the message says why, and how to get one."""


def _git(*arguments: str) -> str:
    """What git says of this package's folder. Raises _UnknownError."""
    command = ["git", "-C", str(code.PACKAGE), *arguments]
    environment = os.environ | {"LC_ALL": "C"}
    try:
        answer = subprocess.run(command, capture_output=True, env=environment, timeout=60)
    except OSError as error:
        raise _UnknownError(f"git cannot be run ({error}); install it") from error
    except subprocess.TimeoutExpired as error:
        raise _UnknownError("git did not answer within a minute") from error
    if answer.returncode == 0:
        return answer.stdout.decode(errors="replace").strip()
    raise _UnknownError(_reason(answer.stderr.decode(errors="replace")))


def _reason(complaint: str) -> str:
    if "dubious ownership" in complaint:
        advice = re.search(r"git config --global --add safe\.directory .+", complaint)
        return (
            "git refuses to read the clone, which belongs to another user; if you trust it: "
            f"`{advice[0].strip() if advice else 'git config --global --add safe.directory CLONE'}`"
        )
    if "not a git repository" in complaint or "did not match any file" in complaint:
        return f"{code.PACKAGE} is in no git clone of this project; install it from one (pip -e)"
    return f"git says: {' '.join(complaint.split()) or 'nothing'}"


def older_results(folder: Path) -> str | None:
    """What to know of a study's results that another version of the package began, or None.

    folder: `results/{study}`; its `config.record.json` says the version.
    """
    from spatial_mae import __version__

    try:
        version = json.loads((folder / "config.record.json").read_text())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if version == __version__:
        return None
    return (
        f"{folder} was begun by version {version}, this is {__version__}: jobs whose code or "
        "inputs changed run again (-n lists them, --rerun-triggers mtime keeps their results); to "
        "keep the old results, copy the folder or give the study another name (`study:`)"
    )


def _versions() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
