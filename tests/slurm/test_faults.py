"""What clusters do to training runs: each is stopped in another way, and ends as if it was not."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from planning import snakemake_in
from safetensors.torch import load_file
from submission import Submission, overlay

RUN = "results/pretrain/leaves/tiny/tiny/patch-2_unit-1_mask-0.5_enc-2_dec-1_seed-0"
SLOW = pytest.mark.slow
WEIGHTS = f"{RUN}/weights.safetensors"
LOG = f"results/logs/pretrain_mae/{RUN.removeprefix('results/pretrain/')}.log"
# A quarter of a minute of work.
LONG = {"recipes": {"pretraining": {"tiny": {"epochs": 300, "checkpoints": [1]}}}}
LONGER = {"recipes": {"pretraining": {"tiny": {"epochs": 8000, "checkpoints": [1]}}}}


@pytest.fixture(scope="module")
def prepared(copy_project) -> Path:
    """A project whose images are made."""
    folder = copy_project()
    snakemake_in(folder)("results/data/leaves/manifest.json", *overlay(folder, LONG))
    return folder


@pytest.fixture(scope="module")
def undisturbed(prepared) -> dict:
    """The weights of the run as they come out if nothing happens to it."""
    snakemake_in(prepared)(WEIGHTS, *overlay(prepared, LONG))
    weights = load_file(prepared / WEIGHTS)
    (prepared / WEIGHTS).unlink()
    return weights


@pytest.fixture
def cleared(prepared, undisturbed):
    """What the run wrote is removed after the test."""
    yield
    for path in (prepared / RUN).glob("*"):  # the folder itself may be a disk
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def train(submit, prepared, cleared):
    """Submit the run, and wait until it has trained for some epochs."""

    def start(*flags: object, config: dict = LONG) -> Submission:
        submission = submit(prepared, WEIGHTS, *flags, *overlay(prepared, config))
        submission.until(lambda: saved(prepared), "the run does not begin")
        return submission

    return start


def saved(folder: Path) -> list[Path]:
    """The copy of the weights that a run makes after its first epoch."""
    return list((folder / RUN / "state").glob("epoch-0001*"))


def ended_as_undisturbed(submission: Submission, undisturbed: dict) -> bool:
    assert submission.finish() == 0, submission.text
    found = load_file(submission.project / WEIGHTS)
    return all(found[name].equal(undisturbed[name]) for name in undisturbed)


def starts(project: Path) -> list[str]:
    return re.findall(r"continues after epoch (\d+)", (project / LOG).read_text())


@SLOW
def test_a_cancelled_job_is_tried_again_and_continues(train, cluster, undisturbed):
    submission = train()
    cluster.run("scancel", *submission.jobs)
    assert ended_as_undisturbed(submission, undisturbed)
    assert sorted(submission.jobs.values()) == ["CANCELLED", "COMPLETED"]
    assert starts(submission.project)


@pytest.mark.parametrize("partition", [pytest.param("requeued", marks=SLOW), "cancelled"])
def test_a_preempted_job_goes_back_to_the_queue_and_continues(
    train, cluster, undisturbed, partition
):
    # PreemptMode=CANCEL: SLURM would not bring the job back, and the plugin would wait forever.
    submission = train("--default-resources", f"slurm_partition={partition}")
    (number,) = submission.jobs
    cluster.run("sbatch", "--exclusive", "--partition=cpu", "--wrap=sleep 2", "--output=/dev/null")
    assert ended_as_undisturbed(submission, undisturbed)
    assert restarts(cluster, number) == 1 and starts(submission.project)


@SLOW
def test_a_run_longer_than_its_time_limit_continues_until_it_is_done(train, cluster):
    # SLURM may send the signal up to a minute early.
    limit = ("runtime=2", "slurm_extra='--signal=TERM@30'")
    submission = train(
        "--set-resources", *(f"pretrain_mae:{word}" for word in limit), config=LONGER
    )
    (number,) = submission.jobs
    assert submission.finish() == 0, submission.text
    assert restarts(cluster, number) >= 1 and list(submission.jobs.values()) == ["COMPLETED"]
    rows = (submission.project / RUN / "history.csv").read_text().splitlines()[1:]
    assert [int(row.partition(",")[0]) for row in rows] == list(range(1, 8001))
    # The last start's log: the job before it was requeued, and this one went on.
    assert starts(submission.project)


@SLOW
def test_the_run_of_a_node_that_died_continues_when_it_is_back(train, cluster, undisturbed):
    submission = train()
    (number,) = submission.jobs
    cluster.crash_node()
    submission.until(lambda: "down" in cluster.node_state(), "the node is not missed")
    cluster.start_node()
    assert ended_as_undisturbed(submission, undisturbed)
    assert restarts(cluster, number) == 1 and starts(submission.project)


@SLOW
@pytest.mark.usefixtures("cleared")
def test_a_run_out_of_memory_is_tried_again_with_more(submit, prepared, undisturbed):
    more = "pretrain_mae:mem_mb=150 if attempt == 1 else 3000"
    submission = submit(prepared, WEIGHTS, *overlay(prepared, LONG), "--set-resources", more)
    assert ended_as_undisturbed(submission, undisturbed)
    assert sorted(submission.jobs.values())[0] == "COMPLETED" and len(submission.jobs) == 2


def restarts(cluster, number: str) -> int:
    return int(re.search(r"Restarts=(\d+)", cluster.run("scontrol", "show", "job", number))[1])


@SLOW
def test_a_full_disk_fails_one_run_loses_nothing_and_leaves_the_rest_alone(
    small_disk, train, submit, prepared, undisturbed
):
    cell = "results/ising/lattice-chain_coupling-0.5_patch-4_moment-exact/summary_tiny.csv"
    submission = train(cell, "--retries", 0)
    (small_disk / "filler").write_bytes(bytes(2**20))
    with contextlib.suppress(OSError), (small_disk / "filler").open("ab", buffering=0) as filler:
        while True:
            filler.write(bytes(2**12))
    assert submission.finish() == 1
    text = submission.text
    assert (prepared / cell).exists() and not (prepared / WEIGHTS).exists()
    last = text[text.index("1 job failed") :]
    assert f"log:   {LOG}" in last and "continues from epoch" in last and "same command" in last
    assert "No space left on device" in (prepared / LOG).read_text()
    (small_disk / "filler").unlink()
    again = submit(prepared, WEIGHTS, *overlay(prepared, LONG))
    assert ended_as_undisturbed(again, undisturbed) and starts(prepared)


@pytest.fixture
def small_disk(prepared):
    """The run's folder on a disk of its own, of 4 MB."""
    folder = prepared / RUN
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted: {done.stderr}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@SLOW
def test_after_ctrl_c_jobs_have_saved_and_the_same_command_continues(
    train, submit, prepared, undisturbed
):
    submission = train()
    submission.process.send_signal(signal.SIGINT)
    assert submission.finish() != 0
    over = ["CANCELLED"]
    submission.until_ended(lambda: list(submission.jobs.values()) == over, "it is not cancelled")
    assert "state saved" in (prepared / LOG).read_text()
    again = submit(prepared, WEIGHTS, *overlay(prepared, LONG))
    assert ended_as_undisturbed(again, undisturbed) and starts(prepared)


@SLOW
def test_a_run_goes_on_without_snakemake_and_is_not_started_twice(train, submit, prepared):
    submission = train(config=LONGER)
    os.killpg(submission.process.pid, signal.SIGKILL)
    (number,) = submission.jobs
    early = submit(prepared, WEIGHTS, *overlay(prepared, LONGER), "--retries", 0)
    assert early.finish() == 1 and "run directory in use by another process" in early.text
    submission.until_ended(lambda: submission.jobs[number] == "COMPLETED", "it does not go on")
    again = submit(prepared, WEIGHTS, *overlay(prepared, LONGER))
    assert again.finish() == 0 and again.jobs == {}, again.text
