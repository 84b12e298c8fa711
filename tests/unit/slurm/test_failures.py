"""The last words of a workflow in which jobs failed."""

import json

from spatial_mae.slurm.failures import Failure, failure_report


def report(failures, keep_going=True, stopped=False):
    return failure_report(failures, keep_going, stopped)


def test_each_run_its_log_and_how_to_go_on(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    (state / "status.json").write_text(
        json.dumps({"state": "interrupted", "epoch": 3.25, "epochs": 10})
    )
    (state / "resume.pt").touch()
    training = Failure("pretrain_mae", {"dataset": "a", "run": "patch-4"}, ("b.log",), str(state))
    failures = [training, Failure("check_lemmas", {}, ("a.log",))]
    text = report(failures)
    assert text.splitlines()[0].startswith("2 jobs failed")
    assert text.index("check_lemmas") < text.index("pretrain_mae a/patch-4") < text.index("b.log")
    assert f"saved in {state}, continues from epoch 3.25 of 10" in text
    assert "rerun the same command" in text.splitlines()[-1]


def test_a_training_that_never_saved_says_so(tmp_path):
    (tmp_path / "status.json").write_text('{"state": "failed", "epoch": null, "epochs": null}')
    text = report([Failure("pretrain_mae", {"run": "x"}, (), str(tmp_path))])
    assert "failed; nothing saved yet" in text and text.startswith("1 job failed")
    assert "state" not in report([Failure("pretrain_mae", {}, (), str(tmp_path / "no"))])


def test_other_jobs_are_done_only_if_the_run_went_on_to_its_end():
    """The first line: after one failure, after a signal, and with `--keep-going`."""
    one = [Failure("check_lemmas", {})]
    assert report(one).startswith("1 job failed; what does not depend on them is done.")
    first = report(one, keep_going=False).splitlines()[0]
    assert "1 job failed; not all others are done." in first and "`--keep-going`" in first
    for keep_going in (True, False):
        first = report(one, keep_going=keep_going, stopped=True).splitlines()[0]
        assert first == "The run was stopped: 1 job failed, and not all others are done."


def test_a_run_that_was_stopped_without_a_failure_names_no_log():
    first, last = report([], stopped=True).splitlines()
    assert first == "The run was stopped: no jobs failed, and not all others are done."
    assert last == "Rerun the same command; finished jobs are not repeated."
