"""`make` alone only explains itself."""

import os
import re
import subprocess


def test_make_alone_lists_every_target_and_runs_none(project):
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make"], cwd=project, capture_output=True, text=True, env=outside)
    assert done.returncode == 0, done.stderr
    targets = re.search(r"^\.PHONY: (.*)$", (project / "Makefile").read_text(), re.M)[1].split()
    listed = re.findall(r"^  ([a-z-]+) +\S", done.stdout, re.M)
    assert sorted(listed) == sorted(targets)
    assert len(done.stdout.splitlines()) == len(targets) + 1
