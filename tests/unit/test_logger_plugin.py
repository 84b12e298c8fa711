"""Snakemake's output as one line per finished job."""

import logging
import sys

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import MockOutputSettings

from snakemake_logger_plugin_spatial_mae import LogHandler
from snakemake_logger_plugin_spatial_mae.progress import Job, Progress, in_words


def test_time_left_is_that_of_the_rules_that_wait():
    progress = Progress({"fast": 10, "slow": 3, "total": 13}, now=0)
    assert progress.total == 13
    for number in range(10):  # one at a time, 1 s each
        progress.start(number, Job("fast", str(number)), number)
        progress.finish(number, number + 1)
    progress.start(10, Job("slow", "a"), 10)
    progress.finish(10, 30)
    assert progress.seconds_left(30) == pytest.approx(2 * 20)


def test_jobs_that_a_checkpoint_adds_are_counted_and_take_the_mean_time():
    progress = Progress({"look": 1, "total": 1}, now=0)
    progress.start(0, Job("look", "a"), 0)
    progress.finish(0, 10)
    progress.grow(3)
    progress.grow(2)  # never fewer
    assert (progress.done, progress.total) == (1, 3) and progress.seconds_left(10) == 20
    progress.start(1, Job("train", "b"), 10)
    progress.finish(1, 20)
    assert (progress.done, progress.total) == (2, 3) and progress.seconds_left(20) == 10


def test_jobs_that_run_together_take_less_time():
    progress = Progress({"one": 8}, now=0)
    for number in range(4):  # two at a time, 10 s each
        progress.start(number, Job("one", ""), 10 * (number // 2))
    for number in range(4):
        progress.finish(number, 10 * (number // 2) + 10)
    assert progress.seconds_left(20) == pytest.approx(4 * 10 / 2)


def test_a_running_jobs_time_counts_and_nothing_is_negative():
    progress = Progress({"one": 2}, now=0)
    progress.start(0, Job("one", ""), 0)
    assert progress.seconds_left(5) is None
    progress.finish(0, 10)
    progress.start(1, Job("one", ""), 10)
    assert progress.seconds_left(14) == pytest.approx(6)
    assert progress.seconds_left(100) == 0


def test_failed_and_unknown_jobs_are_not_counted():
    progress = Progress({"one": 2}, now=0)
    progress.start(0, Job("one", "x"), 0)
    assert progress.fail(0) == Job("one", "x")
    assert progress.fail(0) is None and progress.finish(7, 1) is None
    assert progress.done == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (5000, "83 min"), (7800, "2 h 10 min")],
)
def test_durations_in_words(seconds, words):
    assert in_words(seconds) == words


@pytest.fixture
def handler():
    handler = LogHandler(MockOutputSettings(), None)
    yield handler
    handler.close()


def say(handler, text=None, level=logging.INFO, **extra):
    record = logging.LogRecord("snakemake", level, "", 0, text, (), None)
    record.__dict__.update(extra)
    handler.emit(record)


def begin(handler, number, run="patch-4_mask-0.75", log=()):
    job = {"jobid": number, "rule_name": "pretrain_mae", "log": log, "wildcards": {"run": run}}
    say(handler, event=LogEvent.JOB_INFO, **job)


def test_a_finished_job_is_one_line_as_wide_as_the_terminal(handler, capsys, monkeypatch):
    handler.stream = sys.stderr
    monkeypatch.setenv("COLUMNS", "80")
    say(handler, event=LogEvent.RUN_INFO, stats={"pretrain_mae": 2, "total": 2})
    begin(handler, 0, run="x" * 200)
    begin(handler, 1)
    for number in (0, 1):
        say(handler, event=LogEvent.JOB_FINISHED, job_id=number)
    first, long, short = capsys.readouterr().err.splitlines()
    assert first == "2 jobs"
    assert long.startswith("1 of 2  pretrain_mae xxx") and "..." in long
    assert short.startswith("2 of 2  pretrain_mae patch-4_mask-0.75")
    assert all(len(line) <= 80 for line in (long, short))


def test_what_snakemake_says_besides_is_left_out_but_for_warnings(handler, capsys):
    handler.stream = sys.stderr
    say(handler, "Select jobs to execute...")
    say(handler, "a warning", logging.WARNING)
    say(handler, "Nothing to be done (all requested files are present and up to date).")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "a warning" and lines[1].startswith("Nothing to be done")
    assert len(lines) == 2


def test_a_failed_job_shows_the_end_of_its_log(handler, capsys, tmp_path):
    handler.stream = sys.stderr
    log = tmp_path / "job.log"
    log.write_text("\n".join(f"line {n}" for n in range(100)) + "\nValueError: why\n")
    say(handler, event=LogEvent.RUN_INFO, stats={"pretrain_mae": 1})
    begin(handler, 0, log=[str(log)])
    failed = {"jobid": 0, "rule_name": "pretrain_mae", "log": [str(log), "no such file"]}
    say(handler, "Error in rule", logging.ERROR, event=LogEvent.JOB_ERROR, **failed)
    text = capsys.readouterr().err
    assert "FAILED  pretrain_mae patch-4_mask-0.75" in text
    assert "line 99\n    ValueError: why" in text and "line 50" not in text


def test_long_jobs_show_the_last_line_of_their_log(handler, capsys, tmp_path):
    handler.stream = sys.stderr
    log = tmp_path / "job.log"
    log.write_text("images read\nepoch 1 of 9\repoch 2 of 9\r\n\n")
    begin(handler, 0, log=[str(log)])
    handler._show_running(1e9)
    assert "epoch 2 of 9" in capsys.readouterr().err
