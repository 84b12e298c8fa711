"""What all training runs are doing, read from their status files."""

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from spatial_mae.files import Row, read_json
from spatial_mae.training.progress import duration
from spatial_mae.training.run_folder import RUNNING, STATUS, WAITING

# A live run writes every few seconds; one that is silent for longer has ended or hangs.
SILENT_SECONDS = 900.0
STOPPED = "stopped"
UNREADABLE = "unreadable"
COLUMNS = ("run", "state", "epoch", "images/s", "loss", "trained", "left", "device")


def read_statuses(results: str | Path, now: datetime | None = None) -> list[Row]:
    """One row for each run that ever began below `results`, in the order of their paths.

    Columns: run (folder, relative to `results`), state, and of its status epoch, epochs,
    images_per_second, loss, seconds, eta_seconds, device, message, updated. State is that of the
    status, but "stopped" if a run that should be going has a dead process (on this host) or has
    not written for 15 minutes, and "unreadable" if the file is not a status.
    Raises FileNotFoundError if there is no folder `results`.
    """
    results = Path(results)
    if not results.is_dir():
        raise FileNotFoundError(f"no folder {results}: give the workflow's with --results")
    now = now or datetime.now(UTC)
    return [_row(path, results, now) for path in sorted(results.rglob(STATUS))]


def status_table(rows: Sequence[Mapping]) -> list[str]:
    """Lines to print: a table, then how many runs are in which state and how to go on."""
    if not rows:
        return ["No training run has begun here."]
    cells = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in cells]
    lines += [_first_line(row) for row in rows if row.get("message")]
    counts = Counter(row["state"] for row in rows)
    lines += ["", ", ".join(f"{n} {state}" for state, n in counts.most_common())]
    if {STOPPED, "interrupted", "failed"} & counts.keys():
        lines.append("To continue unfinished runs, give the command that began them again.")
    return lines


def _row(path: Path, results: Path, now: datetime) -> Row:
    folder = path.parent.parent if path.parent.name == "state" else path.parent
    row: Row = {"run": str(folder.relative_to(results))}
    try:
        status = read_json(path)
        return row | _known(status) | {"state": _state(status, now)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return row | {"state": UNREADABLE}


def _known(status: Mapping) -> Row:
    names = ("epoch", "epochs", "images_per_second", "loss", "seconds", "eta_seconds", "device")
    return {name: status[name] for name in (*names, "message", "updated")}


def _state(status: Mapping, now: datetime) -> str:
    if status["state"] not in (RUNNING, WAITING):
        return str(status["state"])
    silent = (now - datetime.fromisoformat(status["updated"])).total_seconds()
    dead = status["host"] == platform.node() and not _alive(int(status["pid"]))
    return STOPPED if dead or silent > SILENT_SECONDS else str(status["state"])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 asks only whether it could be sent
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _cells(row: Mapping) -> tuple[str, ...]:
    going = row["state"] in (RUNNING, WAITING)
    epochs = row.get("epochs")
    return (
        str(row["run"]),
        str(row["state"]),
        "" if epochs is None else f"{round(row['epoch'], 1):g}/{epochs}",
        _number(row.get("images_per_second"), ".0f"),
        _number(row.get("loss"), ".4f"),
        "" if row.get("seconds") is None else duration(row["seconds"]),
        duration(row.get("eta_seconds")) if going else "",
        str(row.get("device") or ""),
    )


def _first_line(row: Mapping) -> str:
    return f"{row['run']}: {str(row['message']).splitlines()[0]}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
