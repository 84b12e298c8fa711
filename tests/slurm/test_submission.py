"""What goes to the cluster, and what never gets there."""

import os
from pathlib import Path

import pytest
from planning import snakemake_in
from submission import overlay

SLURM = {"sacct", "sacctmgr", "sbatch", "scancel", "scontrol", "sinfo", "squeue", "srun", "sshare"}


def cells(n: int) -> list[str]:
    name = "results/ising/lattice-chain_coupling-{}_patch-4_moment-exact/summary_tiny.csv"
    return [name.format(0.5 + number / 10) for number in range(n)]


@pytest.fixture(scope="module")
def study(copy_project) -> Path:
    return copy_project()


def test_what_the_cluster_cannot_run_is_refused_before_anything_is_submitted(submit, study):
    mistakes = {
        "check_lemmas:slurm_partition=night": ["no partition 'night'", "cpu, gpu"],
        "measure_taylor:slurm_account=vision": ["leave `slurm_account` out"],
        "prepare_dataset:slurm_partition=closed": ["for accounts nobody"],
        "measure_psd:gpu=9": ["--gpus=9", "not available"],
        "measure_autocorrelation:mem_mb=999999": ["--mem=999999"],
        "compute_moments:runtime=9999": ["9999 minutes", "'cpu' allows 2880"],
    }
    submission = submit(study, "linear", *overlay(study, {}), "--set-resources", *mistakes)
    assert submission.finish() == 1 and submission.jobs == {}
    said = submission.text.partition("nothing was submitted")[2]
    for mistake, words in mistakes.items():
        rule = mistake.partition(":")[0]
        lines = [line for line in said.splitlines() if rule in line]
        assert any(all(word in line for word in words) for line in lines), (mistake, said)


def test_without_slurm_on_the_path_the_error_says_so(submit, study, tmp_path):
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).iterdir() if Path(folder).is_dir() else ():
            if program.name not in SLURM and not (tmp_path / program.name).exists():
                (tmp_path / program.name).symlink_to(program)
    submission = submit(study, *cells(1), *overlay(study, {}), path=str(tmp_path))
    assert submission.finish() == 1
    assert "no 'scontrol' on the PATH" in submission.text, submission.text


def test_short_cells_are_packed_and_come_out_as_locally(submit, study, copy_project):
    submission = submit(study, *cells(8), *overlay(study, {}), "--group-components", "theory=4")
    assert submission.finish() == 0, submission.text
    assert list(submission.jobs.values()) == ["COMPLETED"] * 2
    local = copy_project()
    snakemake_in(local)(*cells(8), *overlay(local, {}))
    assert all((study / c).read_bytes() == (local / c).read_bytes() for c in cells(8))


def test_a_job_that_can_no_longer_start_is_cancelled_with_the_reason(submit, cluster, study):
    other = cluster.run(
        "sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap=sleep 300"
    ).strip()
    try:
        flags = ["--default-resources", "slurm_partition=short", "--retries", 0]
        flags += ["--set-resources", "solve_ising:runtime=10", "--forcerun", "solve_ising"]
        submission = submit(study, *cells(1), *overlay(study, {}), *flags)
        submission.until(lambda: submission.jobs, "nothing is submitted")
        cluster.run("scontrol", "update", "PartitionName=short", "MaxTime=5")
        assert submission.finish() == 1
    finally:
        cluster.run("scancel", other)
        cluster.run("scontrol", "update", "PartitionName=short", "MaxTime=10")
    assert "can never start (PartitionTimeLimit)" in submission.text
    assert list(submission.jobs.values()) == ["CANCELLED"]
