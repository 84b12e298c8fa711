"""What a run looks like in a terminal or a file."""

import subprocess
import sys

from planning import clean_environment

WORKFLOW = """
rule all:
    input: expand("{a}.txt", a=range(3))

rule one:
    output: "{a}.txt"
    log: "{a}.log"
    shell: "echo said > {log}; touch {output}"

rule bad:
    output: "bad"
    log: "bad.log"
    shell: "echo the reason > {log}; false"
"""


def run(folder, *words):
    (folder / "Snakefile").write_text(WORKFLOW)
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--logger", "spatial-mae", *words]
    environment = {**clean_environment(), "COLUMNS": "80"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_run_is_a_line_a_job_without_control_characters(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    jobs = [line for line in lines if " of 4  " in line]
    assert lines[0] == "4 jobs" and len(jobs) == 4
    assert {line.split("  ")[1].strip() for line in jobs[:3]} == {"one 0", "one 1", "one 2"}
    assert all(len(line) <= 80 and line.isprintable() for line in lines)
    assert "Nothing to be done" in run(tmp_path).stderr


def test_a_failed_job_is_told_with_its_reason(tmp_path):
    done = run(tmp_path, "--", "bad")
    assert done.returncode != 0
    assert "FAILED  bad" in done.stderr and "the reason" in done.stderr


def test_a_plan_looks_as_always(tmp_path):
    done = run(tmp_path, "-n")
    assert "rule one:" in done.stderr + done.stdout
