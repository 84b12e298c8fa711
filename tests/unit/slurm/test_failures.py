"""The last words of a workflow in which jobs failed."""

import json

from spatial_mae.slurm.failures import Failure, failure_report


def test_each_run_its_log_and_how_to_go_on(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    (state / "status.json").write_text(
        json.dumps({"state": "interrupted", "epoch": 3.25, "epochs": 10})
    )
    (state / "resume.pt").touch()
    training = Failure("pretrain_mae", {"dataset": "a", "run": "patch-4"}, ("b.log",), str(state))
    text = failure_report([training, Failure("check_lemmas", {}, ("a.log",))])
    assert text.splitlines()[0].startswith("2 jobs failed")
    assert text.index("check_lemmas") < text.index("pretrain_mae a/patch-4") < text.index("b.log")
    assert f"saved in {state}, continues from epoch 3.25 of 10" in text
    assert "rerun the same command" in text.splitlines()[-1]


def test_a_training_that_never_saved_says_so(tmp_path):
    (tmp_path / "status.json").write_text('{"state": "failed", "epoch": null, "epochs": null}')
    text = failure_report([Failure("pretrain_mae", {"run": "x"}, (), str(tmp_path))])
    assert "failed; nothing saved yet" in text and text.startswith("1 job failed")
    assert "state" not in failure_report([Failure("pretrain_mae", {}, (), str(tmp_path / "no"))])
