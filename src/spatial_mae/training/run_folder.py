"""The state folder of a run: held by one process at a time, with a status that others may read."""

import errno
import fcntl
import json
import logging
import math
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from spatial_mae.files import read_json, write_text

log = logging.getLogger(__name__)

STATUS = "status.json"
LOCK = "lock"
# File systems without locks answer with one of these.
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}

RUNNING = "running"
WAITING = "waiting for a GPU"
COMPLETED = "completed"
DIVERGED = "diverged"
PAUSED = "paused"
INTERRUPTED = "interrupted"
FAILED = "failed"


class RunFolder:
    """The folder `path` and the status in it.

    `status` holds run, state (one of the seven above), epoch, epochs, images_per_second, seconds,
    eta_seconds, loss, device, message, updated (UTC), host and pid; null is not known. pid: of the
    process that holds the folder, by default this one.
    """

    def __init__(self, path: Path, pid: int | None = None) -> None:
        self.path, self._pid = path, pid or os.getpid()
        self.status: dict[str, object] = {
            "run": str(path.parent if path.name == "state" else path),
            "state": RUNNING,
            "epoch": None,
            "epochs": None,
            "images_per_second": None,
            "seconds": None,
            "eta_seconds": None,
            "loss": None,
            "device": None,
            "message": None,
        }

    def update(self, **fields: object) -> None:
        """Change some fields of the status and write status.json, atomically.

        Numbers that are not finite become null. Raises ValueError for a field there is not.
        """
        if unknown := fields.keys() - self.status.keys():
            raise ValueError(f"no field {sorted(unknown)} in a status: it has {list(self.status)}")
        self.status |= {name: _finite(value) for name, value in fields.items()}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        owner = {"updated": now, "host": platform.node(), "pid": self._pid}
        # Not sealed: others read it while it is replaced.
        write_text(self.path / STATUS, json.dumps(self.status | owner, indent=1) + "\n")

    def reread(self) -> None:
        """Take over what another process of the run has written to status.json."""
        found = read_json(self.path / STATUS)
        self.status |= {name: found[name] for name in self.status}


@contextmanager
def open_run(state: str | Path) -> Iterator[RunFolder]:
    """Hold the folder `state`, made if need be, and keep its status.json.

    The status reads "running" at once. When the block ends it becomes "completed", unless the block
    set another one ("diverged"); "interrupted" if the block leaves by KeyboardInterrupt or with
    exit code 75 (EX_TEMPFAIL: saved, to be continued); "failed", with the message, on any other
    exception. A killed process lets go of the folder too; its status stays "running", and the next
    holder deletes what it left half written.

    Raises RuntimeError if another process holds the folder.
    """
    run = RunFolder(Path(state))
    run.path.mkdir(parents=True, exist_ok=True)
    with _held(run.path / LOCK):
        _sweep(run.path)
        run.update(state=RUNNING)
        try:
            yield run
        except BaseException as error:
            run.update(state=_state_after(error), message=_message(error), eta_seconds=None)
            raise
        if run.status["state"] in (RUNNING, WAITING):
            run.update(state=COMPLETED, eta_seconds=0)


def try_lock(path: Path) -> IO[str] | None:
    """Lock a file, made if need be, without waiting: its handle, or None if another holds it.

    The lock ends when the handle is closed or the process ends, however it ends.
    """
    handle = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            handle.close()
            raise
        log.warning("%s: no locks on this file system, going on without one", path)
    return handle


@contextmanager
def _held(path: Path) -> Iterator[None]:
    handle = try_lock(path)
    if handle is None:
        raise RuntimeError(
            f"run directory in use by another process: {path.parent} ({_holder(path)}); "
            "wait until it ends or stop it (it saves its state on SIGTERM), then run this again"
        )
    with handle:
        handle.truncate(0)
        handle.write(json.dumps({"host": platform.node(), "pid": os.getpid()}))
        handle.flush()
        yield


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} on host {holder['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "process unknown"


def _sweep(folder: Path) -> None:
    """Delete what a killed process was writing: temporary files of `spatial_mae.files`."""
    for path in folder.glob(".*.[0-9]*.tmp*"):
        path.unlink(missing_ok=True)


def _state_after(error: BaseException) -> str:
    saved = isinstance(error, SystemExit) and error.code == os.EX_TEMPFAIL
    return INTERRUPTED if saved or isinstance(error, KeyboardInterrupt) else FAILED


def _message(error: BaseException) -> str | None:
    return None if isinstance(error, SystemExit) else f"{type(error).__name__}: {error}"


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
