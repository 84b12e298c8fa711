"""What is refused before anything is submitted."""

import pytest

from spatial_mae.slurm import requests
from spatial_mae.slurm.commands import SlurmError, ask, fields
from spatial_mae.slurm.requests import Request, minutes, problems

PARTITIONS = (
    "PartitionName=cpu AllowAccounts=ALL Default=YES MaxTime=01:00:00 State=UP\n"
    "PartitionName=gpu AllowAccounts=vision,theory Default=NO MaxTime=UNLIMITED State=UP\n"
    "PartitionName=old AllowAccounts=ALL DenyAccounts=theory Default=NO MaxTime=2-00 State=DOWN\n"
)


@pytest.fixture
def cluster(monkeypatch):
    """A cluster that answers as told; what it was asked."""
    answers = {"scontrol": PARTITIONS, "sbatch": "", "sacctmgr": "vision\ntheory\n", "sinfo": ""}
    asked = []

    def answer(*command):
        asked.append(command)
        found = answers[command[0]]
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(requests, "ask", answer)
    answers["asked"] = asked
    return answers


def test_a_request_has_the_flags_that_the_executor_passes_on():
    resources = {"slurm_partition": "gpu", "slurm_account": "vision", "runtime": 30, "mem_mb": 500}
    request = Request.of("train", resources | {"gpu": 2, "cpus_per_gpu": 4, "_cores": 1})
    assert (request.partition, request.account, request.minutes) == ("gpu", "vision", 30)
    assert set(request.flags) == {
        "--partition=gpu",
        "--account=vision",
        "--time=30",
        "--mem=500",
        "--cpus-per-gpu=4",
        "--gpus=2",
    }
    assert "--cpus-per-task=3" in Request.of("solve", {"_cores": 3}).flags
    assert "--gpus=a100:1" in Request.of("train", {"gpu": 1, "gpu_model": "a100"}).flags


def test_what_fits_is_no_problem_and_equal_requests_are_asked_once(cluster):
    requests = [Request.of(f"rule_{n}", {"runtime": 60}) for n in range(3)]
    assert problems(requests) == []
    assert sum(command[0] == "sbatch" for command in cluster["asked"]) == 1


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        (
            {"slurm_partition": "night"},
            ["no partition 'night'", "cpu, gpu, old", "slurm_partition"],
        ),
        ({"runtime": 61}, ["61 minutes", "'cpu' allows 60", "runtime"]),
        ({"slurm_partition": "gpu"}, ["for accounts vision,theory", "slurm_account"]),
        ({"slurm_partition": "old", "slurm_account": "theory"}, ["closed to account 'theory'"]),
        ({"slurm_partition": "old"}, ["'old' is DOWN"]),
        ({"slurm_account": "painting"}, ["no account 'painting'", "theory, vision"]),
    ],
)
def test_what_would_wait_for_ever_is_named_with_the_rules_and_a_mend(cluster, resources, words):
    found = "\n".join(problems([Request.of(name, resources) for name in ("b", "a")]))
    assert found.startswith("a, b: ") and all(word in found for word in words), found


def test_of_several_partitions_one_has_to_fit(cluster):
    resources = {"slurm_partition": "cpu,gpu", "slurm_account": "vision"}
    assert problems([Request.of("a", resources | {"runtime": 600})]) == []
    assert problems([Request.of("a", resources | {"slurm_partition": "cpu,night"})])


def test_slurms_own_refusal_is_passed_on(cluster):
    cluster["sbatch"] = SlurmError("sbatch: x\nallocation failure: Requested node is not available")
    (problem,) = problems([Request.of("a", {"mem_mb": 10**7})])
    assert "--mem=10000000" in problem and "Requested node is not available" in problem


def test_a_refusal_is_no_problem_while_nodes_are_away_that_may_fit(cluster):
    cluster["sbatch"] = SlurmError("allocation failure: Requested node is not available")
    cluster["sinfo"] = "node-7\n"
    assert problems([Request.of("a", {"mem_mb": 500})]) == []


def test_an_account_where_none_are_kept(cluster):
    cluster["sacctmgr"] = SlurmError("accounting storage is disabled")
    (problem,) = problems([Request.of("a", {"slurm_account": "vision"})])
    assert "keeps no accounts" in problem


def test_no_default_partition(cluster):
    cluster["scontrol"] = PARTITIONS.replace("Default=YES", "Default=NO")
    with pytest.raises(SlurmError, match="no default partition.*cpu, gpu, old"):
        problems([Request.of("a", {})])


def test_time_limits_in_all_of_slurms_forms():
    limits = ["UNLIMITED", "30", "30:00", "01:30:00", "2-00:00:00", "1-12", "1-01:05"]
    assert [minutes(limit) for limit in limits] == [None, 30, 30, 90, 2880, 2160, 1505]


def test_commands_that_are_absent_fail_or_hang(monkeypatch):
    with pytest.raises(SlurmError, match="'no-such-program' on the PATH.*login node"):
        ask("no-such-program")
    with pytest.raises(SlurmError, match="cannot open|No such file"):
        ask("cat", "/no/such/file")
    monkeypatch.setattr("spatial_mae.slurm.commands.SECONDS", 0.1)
    with pytest.raises(SlurmError, match="gave no answer.*controller"):
        ask("sleep", "5")


def test_fields_of_one_line():
    assert fields("A=1 Flag B=x=y C=") == {"A": "1", "B": "x=y", "C": ""}
