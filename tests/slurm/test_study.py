"""A whole study through the cluster."""

import json

import pytest
from submission import Submission


@pytest.mark.slow
def test_the_study_quick_runs_to_its_report(cluster, copy_project):
    folder = copy_project()
    submission = Submission(cluster, folder, "report")
    try:
        assert submission.finish(seconds=3000) == 0, submission.text
    finally:
        submission.end()
    claims = json.loads((folder / "results/quick/claims.json").read_text())
    figures = list((folder / "results/quick/figures").glob("*.png"))
    records = list((folder / "results").rglob("*record.json"))
    assert claims and len(figures) >= 20 and (folder / "results/quick/report.html").exists()
    assert set(submission.jobs.values()) == {"COMPLETED"}
    assert len(submission.jobs) < len(records) / 2  # short cells were packed
