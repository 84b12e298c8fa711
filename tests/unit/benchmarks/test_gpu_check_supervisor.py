"""The process that watches the check of a GPU."""

import json
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from benchmarks.gpu_check import supervisor, worker
from benchmarks.gpu_check.report import Report


def faked(monkeypatch, tmp_path, script, seconds=60.0):
    """Supervise a worker that runs `script`, with `after` and `out` in sys.argv.

    It is watched once it has begun a part or ended, however long a busy machine takes to start it.
    """
    report = tmp_path / "gpu-check.json"

    def start(arguments, ends, after):
        before = report.read_bytes() if report.exists() else None
        worker = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(after)])
        while worker.poll() is None and (not report.exists() or report.read_bytes() == before):
            time.sleep(0.01)
        return worker

    monkeypatch.setattr(supervisor, "_start", start)
    monkeypatch.setattr(supervisor, "GRACE", 0.2)
    monkeypatch.setattr(supervisor, "POLL", 0.05)
    status = supervisor.supervise(SimpleNamespace(out=tmp_path), time.time() + seconds)
    return status, json.loads(report.read_text())["parts"]


WORKER = """
import json, os, pathlib, sys, time
out, after = pathlib.Path(sys.argv[1]), sys.argv[2]
file = out / "gpu-check.json"
parts = json.loads(file.read_text())["parts"] if after != "None" else {}
def write(name, status, ends):
    parts[name] = {"title": "t", "status": status, "began": time.time(), "ends": ends}
    parts[name] |= {"seconds": 0, "tables": {}, "notes": [], "error": None}
    temporary = out / "temporary"
    temporary.write_text(json.dumps({"header": {}, "parts": parts}))
    temporary.replace(file)
"""


def test_after_a_crash_the_next_part_follows(monkeypatch, tmp_path):
    script = f"""{WORKER}
if after == "None":
    write("first", "running", time.time() + 60)
    os.abort()
write("second", "done", time.time() + 60)
"""
    status, parts = faked(monkeypatch, tmp_path, script)
    assert status == 0 and parts["second"]["status"] == "done"
    assert parts["first"]["status"] == "died" and "status -6" in parts["first"]["error"]


def test_a_part_that_hangs_is_killed_however_young_its_process_is(monkeypatch, tmp_path):
    monkeypatch.setattr(supervisor, "DUMPING", 0.1)
    script = f"""{WORKER}
import signal
signal.signal(signal.SIGABRT, signal.SIG_IGN)
if after == "None":
    write("first", "running", time.time() + 0.1)
    time.sleep(600)
write("second", "done", time.time() + 60)
"""
    status, parts = faked(monkeypatch, tmp_path, script)
    assert status == 0 and parts["first"]["status"] == "killed: over its time"


def test_parts_that_could_not_begin_in_time_are_told(monkeypatch, tmp_path):
    """The process that was to continue was still importing when the time was over."""
    script = f"""{WORKER}
if after == "None":
    write("correctness", "done", time.time() + 0.1)
    sys.exit(1)
time.sleep(600)
"""
    status, parts = faked(monkeypatch, tmp_path, script, seconds=0.0)
    assert status == 0 and list(parts) == list(supervisor.SHARES)
    assert parts["correctness"]["status"] == "done"
    assert {part["status"] for name, part in parts.items() if name != "correctness"} == {"left out"}
    assert "the time was over" in (tmp_path / "gpu-check.md").read_text()


def test_nothing_is_left_of_an_earlier_check(monkeypatch, tmp_path):
    for name in (*supervisor.FILES, ".gpu-check.json.sha256", "mine.txt"):
        (tmp_path / name).write_text("of before")
    faked(monkeypatch, tmp_path, f"{WORKER}\nwrite('first', 'done', time.time() + 60)")
    assert {path.name for path in tmp_path.iterdir()} == {"gpu-check.json", "mine.txt"}


def test_a_worker_that_begins_no_part_is_not_started_again(monkeypatch, tmp_path):
    script = f"{WORKER}\nwrite('first', 'done', time.time() + 60)\nsys.exit(1)"
    status, parts = faked(monkeypatch, tmp_path, script)
    assert status == 1 and list(parts) == ["first"]


def test_a_process_whose_part_was_stopped_leaves_the_next_to_a_new_one(
    monkeypatch, context, tmp_path
):
    """An import that was stopped half-way would spoil every later use of what it imports."""

    def run(context, part):
        part.keep(mode="compiled")
        time.sleep(60)

    module = SimpleNamespace(run=run, race=run, __doc__="endless")
    monkeypatch.setattr(worker.importlib, "import_module", lambda name: module)
    report = Report(tmp_path, {}, fresh=True)
    with pytest.raises(SystemExit) as stopped:
        worker._run_part("race", context, report, time.time() + 0.5)
    assert stopped.value.code == 1
    again = Report(tmp_path, {}, fresh=False)
    assert again.parts["race"]["status"] == "out of time"
    assert again.kept("race") == {"mode": "compiled"} and again.kept("throughput") == {}
    worker._run_part("real_run", context, again, time.time() + 0.1)  # nothing is left to do
    assert again.parts["real_run"]["status"] == "out of time"
