"""Snakemake's output as one line per finished job: `--logger spatial-mae`.

Each line has the count of jobs done, the rule, what it worked on, its time and the time left. While
nothing ends for half a minute, the last line of each running job's log is shown. A failed job's log
is shown at once. Plain lines without control characters, for terminals and files. A dry run looks
as it always does.
"""

import shutil
import sys
import threading
import time
from logging import INFO, WARNING, LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_spatial_mae.progress import Job, Progress, in_words

SILENCE = 30.0  # seconds without a finished job until the running ones are shown
LOG_LINES = 30  # of a failed job
# Said by Snakemake as plain messages, and worth reading.
TOLD = ("Nothing to be done", "Exiting because", "Unlocked", "Terminating")
NOISE = ("Workflow defines that rule",)  # may be cached between workflows


class LogHandler(LogHandlerBase):
    """Writes to standard error (standard output with `--stdout`)."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self.stream = sys.stdout if self.common_settings.stdout else sys.stderr
        self.progress: Progress | None = None
        self.jobs: dict[int, Job] = {}
        self._last = time.monotonic()
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def close(self) -> None:
        """Stop showing what runs."""
        self._ended.set()
        super().close()

    def emit(self, record: LogRecord) -> None:
        """Show what a person wants to know of a record; nothing of most."""
        try:
            if self.common_settings.dryrun:
                self._as_always(record)
            else:
                self._handle(getattr(record, "event", None), record)
        except BrokenPipeError:
            pass
        except Exception:
            self.handleError(record)

    def _as_always(self, record: LogRecord) -> None:
        if getattr(record, "event", None) in (LogEvent.SHELLCMD, LogEvent.DEBUG_DAG):
            return
        if record.levelno >= INFO and (text := self.format(record)) not in ("", "None"):
            self._write(text)

    def _handle(self, event: LogEvent | None, record: LogRecord) -> None:
        now = time.monotonic()
        if event == LogEvent.RUN_INFO:
            self.progress = Progress(record.stats, now)
            self._write(f"{self.progress.total} jobs")
        elif event == LogEvent.PROGRESS and self.progress:
            self.progress.grow(record.total)
        elif event == LogEvent.JOB_INFO:
            self._begin(record, now)
        elif event == LogEvent.JOB_FINISHED:
            self._finish(record.job_id, now)
        elif event == LogEvent.JOB_ERROR:
            self._fail(record)
        elif _is_told(event, record):
            self._write(str(record.msg))

    def _begin(self, record: LogRecord, now: float) -> None:
        name = " ".join(str(value) for value in record.wildcards.values())
        job = Job(record.rule_name, name, next(iter(record.log), None))
        if self.progress is None:
            self.progress = Progress({}, now)
        self.progress.start(record.jobid, job, now)

    def _finish(self, number: int, now: float) -> None:
        if self.progress is None or (found := self.progress.finish(number, now)) is None:
            return
        job, seconds = found
        left = self.progress.seconds_left(now)
        end = in_words(seconds) + (f", {in_words(left)} left" if left else "")
        width = len(str(self.progress.total))
        count = f"{self.progress.done:{width}d} of {self.progress.total}"
        self._row(f"{count}  {job.rule} {job.name}", end)

    def _fail(self, record: LogRecord) -> None:
        job = self.progress.fail(record.jobid) if self.progress else None
        self._write(f"FAILED  {record.rule_name} {job.name if job else ''}".rstrip())
        for path in record.log:
            self._write(f"  its log, {path}, ends:")
            for line in _lines(path)[-LOG_LINES:]:
                self._write(f"    {line}")

    def _watch(self) -> None:
        while not self._ended.wait(SILENCE / 6):
            if time.monotonic() - self._last >= SILENCE and self.progress:
                self._show_running(time.monotonic())

    def _show_running(self, now: float) -> None:
        for job, begun in list(self.progress.running.values()):
            said = _lines(job.log)[-1:] if job.log else []
            self._row("  ".join([f"running  {job.rule} {job.name}", *said]), in_words(now - begun))

    def _row(self, text: str, end: str) -> None:
        """A line of the terminal's width: `text`, shortened if need be, and `end` at its end."""
        room = max(shutil.get_terminal_size((100, 24)).columns - len(end) - 3, 20)
        if len(text) > room:
            text = text[: room - 3] + "..."
        self._write(f"{text:{room}}  {end}")

    def _write(self, text: str) -> None:
        self._last = time.monotonic()
        self.stream.write(text + "\n")
        self.stream.flush()


def _is_told(event: LogEvent | None, record: LogRecord) -> bool:
    text = str(record.msg)
    warns = event is None and record.levelno >= WARNING and not text.startswith(NOISE)
    return warns or text.startswith(TOLD)


def _lines(path: str) -> list[str]:
    """The lines of a log that hold something; a progress bar's last state is one line."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    lines = (line.rstrip().split("\r")[-1].strip("\n") for line in text.split("\n"))
    return [line for line in lines if line.strip()]
