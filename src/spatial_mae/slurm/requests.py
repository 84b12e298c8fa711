"""What jobs request of the cluster, and why it would reject them or let them wait forever."""

import getpass
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from spatial_mae.slurm.commands import SlurmError, ask, fields

# Resources of a Snakemake job -> flags of sbatch, as the executor plugin passes them on.
FLAGS = {
    "slurm_partition": "--partition={}",
    "slurm_account": "--account={}",
    "runtime": "--time={}",
    "mem_mb": "--mem={}",
    "mem_mb_per_cpu": "--mem-per-cpu={}",
    "cpus_per_gpu": "--cpus-per-gpu={}",
    "gres": "--gres={}",
    "constraint": "--constraint={}",
    "qos": "--qos={}",
    "nodes": "--nodes={}",
}


@dataclass(frozen=True)
class Request:
    """The resources of one kind of job: the rules that ask for them, and flags of sbatch."""

    rules: tuple[str, ...]
    partition: str | None
    account: str | None
    minutes: int | None
    flags: tuple[str, ...]

    @classmethod
    def of(cls, rule: str, resources: Mapping) -> "Request":
        """What a job of `rule` with these Snakemake resources asks for."""
        flags = [FLAGS[name].format(resources[name]) for name in FLAGS if resources.get(name)]
        cpus = resources.get("cpus_per_task") or resources.get("_cores") or 1
        if not resources.get("cpus_per_gpu"):
            flags.append(f"--cpus-per-task={cpus}")
        if gpus := resources.get("gpu"):
            model = resources.get("gpu_model")
            flags.append(f"--gpus={model}:{gpus}" if model else f"--gpus={gpus}")
        minutes = resources.get("runtime")
        return cls(
            (rule,),
            resources.get("slurm_partition") or None,
            resources.get("slurm_account") or None,
            minutes if isinstance(minutes, int) else None,
            tuple(flags),
        )


def problems(requests: Iterable[Request]) -> list[str]:
    """Why the cluster cannot run some of these jobs, and how to fix it; empty if it can run all.

    Nothing is submitted. Raises SlurmError if SLURM is absent or silent.
    """
    partitions = {p["PartitionName"]: p for p in _partitions()}
    return [
        f"{', '.join(request.rules)}: {problem}"
        for request in _merged(requests)
        for problem in _problems(request, partitions)
    ]


def _merged(requests: Iterable[Request]) -> list[Request]:
    """Equal requests of several rules as one."""
    rules: dict[Request, list[str]] = {}
    for request in requests:
        rules.setdefault(replace(request, rules=()), []).extend(request.rules)
    return [replace(r, rules=tuple(sorted(set(names)))) for r, names in rules.items()]


def _partitions() -> list[dict[str, str]]:
    lines = ask("scontrol", "show", "partition", "--oneliner").splitlines()
    return [fields(line) for line in lines if line.strip()]


def _problems(request: Request, partitions: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    names = re.split(r"[,\s]+", request.partition or _default(partitions))
    if unknown := [name for name in names if name not in partitions]:
        yield (
            f"the cluster has no partition {unknown[0]!r}; it has {', '.join(sorted(partitions))}: "
            "set `slurm_partition` in your profile"
        )
        return
    limits = [list(_limits(request, name, partitions[name])) for name in names]
    if all(limits):  # of several partitions SLURM takes the one that fits
        yield from limits[0]
    if request.account and (problem := _account_problem(request.account)):
        yield problem
    try:
        ask("sbatch", "--test-only", *request.flags, "--wrap=true")
    except SlurmError as refusal:
        # SLURM says the same of nodes that are too small and of nodes that are away for now.
        if not _nodes_away(request.partition or _default(partitions)):
            asked = " ".join(request.flags)
            yield f"SLURM refuses {asked}: {_last_line(refusal)}; set its resources in your profile"


def _limits(request: Request, name: str, partition: Mapping[str, str]) -> Iterator[str]:
    """Requests that `sbatch --test-only` accepts although the job would wait forever."""
    limit = minutes(partition.get("MaxTime", "UNLIMITED"))
    if limit is not None and request.minutes is not None and request.minutes > limit:
        yield (
            f"asks for {request.minutes} minutes, partition {name!r} allows {limit}: set `runtime` "
            "to that or less in your profile (a training run continues where a limit stopped it)"
        )
    allowed = partition.get("AllowAccounts", "ALL")
    if allowed != "ALL" and request.account not in allowed.split(","):
        yield (
            f"partition {name!r} is for accounts {allowed}, not {request.account}: set "
            "`slurm_account` or `slurm_partition` in your profile"
        )
    if request.account and request.account in partition.get("DenyAccounts", "").split(","):
        yield f"partition {name!r} is closed to account {request.account!r}"
    if (state := partition.get("State", "UP")) != "UP":
        yield f"partition {name!r} is {state}: choose another one with `slurm_partition`"


def _nodes_away(partition: str) -> bool:
    """Whether nodes of a partition are down or drained: what fits on them can wait for them."""
    states = "down,drain,fail,maint"
    return bool(ask("sinfo", "--noheader", "-p", partition, "-t", states, "-o", "%n").strip())


def _account_problem(account: str) -> str | None:
    try:
        known = ask(
            *("sacctmgr", "--noheader", "--parsable2", "show", "associations"),
            *(f"user={getpass.getuser()}", "format=account"),
        )
    except SlurmError:
        return (
            f"account {account!r} cannot be checked, because this cluster keeps no accounts: leave "
            "`slurm_account` out of your profile"
        )
    accounts = sorted({line.strip().lower() for line in known.splitlines() if line.strip()})
    if accounts and account.lower() not in accounts:
        known_ones = ", ".join(accounts)
        return f"you have no account {account!r}; you have {known_ones}: correct `slurm_account`"
    return None


def _default(partitions: Mapping[str, Mapping[str, str]]) -> str:
    """The partition of jobs that name none. Raises SlurmError if there is none."""
    for name, partition in partitions.items():
        if partition.get("Default") == "YES":
            return name
    raise SlurmError(
        f"the cluster has no default partition: set `slurm_partition` in your profile to one of "
        f"{', '.join(sorted(partitions))}"
    )


def minutes(limit: str) -> int | None:
    """SLURM's [days-]hours:minutes:seconds (or minutes[:seconds]) in minutes; None if unlimited."""
    if limit.upper() in ("UNLIMITED", "NONE", "INFINITE"):
        return None
    days, dash, rest = limit.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if dash:  # days-hours[:minutes[:seconds]]
        hours, mins = (*parts, 0)[:2]
    elif len(parts) == 3:
        hours, mins = parts[:2]
    else:
        hours, mins = 0, parts[0]
    return (int(days or 0) * 24 + hours) * 60 + mins


def _last_line(error: Exception) -> str:
    """SLURM's own reason, which is the last thing it says."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].removeprefix("allocation failure: ").removeprefix("sbatch: error: ")
