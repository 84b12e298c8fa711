"""A real SLURM of one node on loopback, for tests: munged, slurmctld and slurmd, no systemd.

By hand: `python tests/slurm/one_node.py start FOLDER`, which prints what to export, and `... stop
FOLDER`. All of its files lie in FOLDER; `FOLDER/bin` goes first on the PATH of whatever uses it.
Needs root and `apt-get install slurmctld slurmd slurm-client munge`.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "srun", "squeue", "scontrol", "scancel")
CPUS, MEMORY_MB, GPUS = 8, 128000, 2  # advertised; the machine may have less
START_SECONDS, STOP_SECONDS = 120, 20  # they end as soon as it has happened

CONFIGURATION = """\
ClusterName=one_node
SlurmctldHost={node}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={ctld_port}
SlurmdPort={d_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
CredType=cred/munge
# The lifetime of a credential is also how long a requeued job waits; the default is 120 s.
AuthInfo=socket={folder}/munge.sock,cred_expire=5
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=2,bf_interval=2
PriorityType=priority/basic
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
SlurmdParameters=config_overrides
StateSaveLocation={folder}/ctld
SlurmdSpoolDir={folder}/slurmd
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
MinJobAge={min_job_age}
KillWait={kill_wait}
SlurmctldTimeout=30
SlurmdTimeout=10
InactiveLimit=0
GresTypes=gpu
NodeName={node} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:fake:{gpus}
PartitionName=DEFAULT Nodes={node} DefaultTime=10 MaxTime=2-00:00:00 DefMemPerCPU=500
PartitionName=DEFAULT PriorityTier=10 PreemptMode=OFF
PartitionName=cpu Default=YES
PartitionName=gpu
PartitionName=requeued PriorityTier=1 PreemptMode=REQUEUE
PartitionName=cancelled PriorityTier=1 PreemptMode=CANCEL GraceTime=5
PartitionName=short MaxTime=10
PartitionName=closed AllowAccounts=nobody
"""


class OneNode:
    """A cluster in `folder`: `start`, `stop`, `crash` of its node. A context manager."""

    def __init__(self, folder: str | Path, min_job_age: int = 3600, kill_wait: int = 5) -> None:
        self.folder = Path(folder).resolve()
        self.settings = {"min_job_age": min_job_age, "kill_wait": kill_wait}
        self.node = socket.gethostname().partition(".")[0]

    @property
    def environment(self) -> dict[str, str]:
        """Variables under which SLURM's commands, also those inside of jobs, find this cluster."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}:/usr/sbin:/sbin"
        return {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path}

    def __enter__(self) -> "OneNode":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Write the configuration and start the daemons. Raises RuntimeError with their logs."""
        if self.folder.exists() and any(self._pid(name) for name in ("slurmd", "slurmctld")):
            raise RuntimeError(f"a cluster runs in {self.folder} already: stop it first")
        self._write()
        munge = f"--key-file={self.folder}/munge.key --socket={self.folder}/munge.sock "
        munge += f"--pid-file={self.folder}/munged.pid --seed-file={self.folder}/munge.seed "
        self.run("munged", "--force", *munge.split(), f"--log-file={self.folder}/munged.log")
        self.run("slurmctld")
        self.start_node()

    def start_node(self) -> None:
        """Start slurmd and wait until the node takes jobs."""
        self.run("slurmd", "-N", self.node)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.node_state() in ("idle", "mixed", "allocated"):
                return
            time.sleep(0.1)
        logs = "\n".join(path.read_text()[-2000:] for path in self.folder.glob("slurm*.log"))
        raise RuntimeError(f"the node did not come up ({self.node_state()}):\n{logs}")

    def stop(self) -> None:
        """Cancel all jobs and end the daemons, by their pid files."""
        if self._pid("slurmctld") and self._pid("slurmd"):
            jobs = self.jobs()
            if active := [number for number, state in jobs.items() if state in ACTIVE]:
                self.run("scancel", "--signal=KILL", "--full", *active, check=False)
                self.run("scancel", *active, check=False)
                self._until(lambda: not ACTIVE & set(self.jobs().values()))
        for name in ("slurmd", "slurmctld", "munged"):
            self._end(name, signal.SIGTERM)

    def crash_node(self) -> None:
        """Kill slurmd and all that runs under it at once, as a power cut would."""
        steps = [pid for pid, words in processes().items() if "slurmstepd" in words[0]]
        steps = [pid for pid in steps if Path(f"/proc/{pid}/cwd").resolve() == self.folder]
        below = [child for step in steps for child in descendants(step)]
        for pid in [self._pid("slurmd"), *steps, *below]:
            _kill(pid, signal.SIGKILL)
        (self.folder / "slurmd.pid").unlink(missing_ok=True)

    def jobs(self) -> dict[str, str]:
        """State of every job, also finished ones, by its number."""
        lines = self.run("squeue", "--states=all", "--noheader", "--format=%i|%T").splitlines()
        return dict(line.split("|") for line in lines)

    def node_state(self) -> str:
        """As sinfo has it ("idle", "down*"); empty if nobody answers."""
        answer = self.run("sinfo", "-h", "-n", self.node, "-o", "%T", check=False).splitlines()
        return answer[0] if answer else ""

    def run(self, *command: str, check: bool = True) -> str:
        """What one of SLURM's commands prints. Raises RuntimeError if it fails or takes 30 s."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def _write(self) -> None:
        # The spool goes with the controller's state: it keeps revoked credentials by job number.
        for name in ("ctld", "slurmd"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in ("ctld", "slurmd", "bin"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        ports = {"ctld_port": _free_port(), "d_port": _free_port()}
        text = CONFIGURATION.format(
            node=self.node, folder=self.folder, cpus=CPUS, memory=MEMORY_MB, gpus=GPUS,
            **ports, **self.settings,
        )  # fmt: skip
        (self.folder / "slurm.conf").write_text(text)
        devices = ("/dev/null", "/dev/zero")[:GPUS]  # SLURM wants character devices
        lines = (f"NodeName={self.node} Name=gpu Type=fake File={d}\n" for d in devices)
        (self.folder / "gres.conf").write_text("".join(lines))
        # Snakemake's plugin calls srun without SLURM_CONF, and /etc/slurm is not ours to write.
        shim = self.folder / "bin/srun"
        real = shutil.which("srun")
        shim.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {real} "$@"\n')
        shim.chmod(0o755)

    def _pid(self, name: str) -> int | None:
        """Process id of a living daemon of ours."""
        try:
            pid = int((self.folder / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if name in processes().get(pid, [""])[0] else None

    def _end(self, name: str, number: signal.Signals) -> None:
        if pid := self._pid(name):
            _kill(pid, number)
            if not self._until(lambda: self._pid(name) is None):
                _kill(pid, signal.SIGKILL)

    @staticmethod
    def _until(condition) -> bool:
        end = time.monotonic() + STOP_SECONDS
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True


ACTIVE = {"PENDING", "RUNNING", "SUSPENDED", "COMPLETING"}


def missing() -> str | None:
    """Why no cluster can be started here, or None."""
    absent = [
        name
        for name in PROGRAMS
        if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    ]
    if absent:
        return f"no {', '.join(absent)}: apt-get install slurmctld slurmd slurm-client munge"
    return None if os.geteuid() == 0 else "slurmd needs root"


def processes() -> dict[int, list[str]]:
    """Command line of every living process (not of zombies) by its id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text("latin1").split("\0")
            state = (folder / "stat").read_text("latin1").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found[int(folder.name)] = words
    return found


def descendants(pid: int) -> list[int]:
    """Ids of all processes below one."""
    children: dict[int | None, list[int]] = {}
    for other in processes():
        children.setdefault(_parent(other), []).append(other)
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text("latin1").rpartition(")")[2].split()[1])
    except OSError:
        return None


def _kill(pid: int | None, number: signal.Signals) -> None:
    if pid is not None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    action, where = sys.argv[1:]
    cluster = OneNode(where)
    if action == "start":
        if why := missing():
            sys.exit(why)
        cluster.start()
        print(f"export SLURM_CONF={where}/slurm.conf PATH={where}/bin:$PATH")
    else:
        cluster.stop()
