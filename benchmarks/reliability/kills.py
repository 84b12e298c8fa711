"""Snakemake, a job, or both are killed at random times until the study is finished, many times."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reliability import study

NUMBER = 100
TARGETS = ("snakemake", "job", "both")
LONGEST = 20.0  # seconds between the start and a kill
MOST_REFUSALS = 5  # starts one after another that fail although nothing was killed
INTO_A_JOB = 2.0  # seconds after the start of a job, at most, where none was running
COLUMNS = (
    "number",
    "round",
    "target",
    "seconds",
    "running",
    "unlocked",
    "refused",
    "compared",
    "differ",
)


@dataclass(frozen=True)
class Kill:
    """What was hit: seconds after Snakemake's start, the rules of the jobs that ran then."""

    seconds: float
    running: tuple[str, ...]


def run(out: Path, number: int, seed: int) -> bool:
    """Draw kills until there are `number`, in rounds; each runs the tiny study to its report."""
    log = study.Log(out / "kills.csv", COLUMNS)
    undisturbed, folder = study.undisturbed(out), out / "killed"
    if not folder.exists():
        study.copy_project(folder)
    refusals = 0
    held = all(row["differ"] in ("", "0") for row in log.rows())
    while (done := _kills(log)) < number or (folder / "results").exists():
        round_ = len({row["round"] for row in log.rows() if row["compared"]})
        draw = random.Random(f"{seed} {done}")
        target = draw.choice(TARGETS) if done < number else None
        kill, ended = attempt(folder, ("report", "--configfile", study.TINY), target, draw)
        if kill:
            refusals = 0
            log.add(
                {
                    "number": done + 1,
                    "round": round_,
                    "target": target,
                    "seconds": f"{kill.seconds:.2f}",
                    "running": " ".join(kill.running),
                    "unlocked": "yes" if target != "job" else "no",
                }
            )
        elif ended:
            refusals += 1
            (out / f"refused-{done}-{refusals}.log").write_text(ended)
            log.add({"round": round_, "refused": "yes"})
            if refusals == MOST_REFUSALS:
                raise RuntimeError(f"the study in {folder} fails without a kill: {ended}")
        else:
            refusals = 0
            different = study.differences(undisturbed, folder)
            print("\n".join(different), flush=True)
            count = len(list((folder / "results").rglob("*.csv")))
            log.add({"round": round_, "compared": count, "differ": len(different)})
            held &= not different
            _start_again(folder)
    return held


def _kills(log: study.Log) -> int:
    return sum(bool(row["number"]) for row in log.rows())


def _start_again(folder: Path) -> None:
    for name in ("results", ".snakemake"):
        shutil.rmtree(folder / name)


def attempt(
    folder: Path, words: Sequence[object], target: str | None, draw: random.Random
) -> tuple[Kill | None, str | None]:
    """Start Snakemake in `folder` and kill `target` at a random time; unlock where it was hit.

    Returns the kill and None; or None and what Snakemake printed if it failed before; or twice
    None if it ended well before. A killed Snakemake's jobs run on, as they do for a user.
    """
    with (folder / "snakemake.log").open("w") as log:
        command = study.snakemake("--rerun-incomplete", *words)
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=study.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            kill = _strike(process, target, began, draw)
            status = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if kill is None:
        return None, (folder / "snakemake.log").read_text() if status else None
    if target != "job":
        _unlock(folder)
    return kill, None


def _strike(
    process: subprocess.Popen, target: str | None, began: float, draw: random.Random
) -> Kill | None:
    """Kill at the time drawn; None if Snakemake ended before, or nothing is to be killed."""
    if target is None:
        return None
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(draw.uniform(0, LONGEST))
    while target == "job" and process.poll() is None and not jobs_of(process.pid):
        time.sleep(0.05)
        if jobs_of(process.pid):
            time.sleep(draw.uniform(0, INTO_A_JOB))
    if process.poll() is not None:
        return None
    running = jobs_of(process.pid)
    if target == "job":
        if not running:
            return _strike(process, target, began, draw)
        with contextlib.suppress(ProcessLookupError):
            os.kill(draw.choice(sorted(running)), signal.SIGKILL)
    elif target == "both":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        os.kill(process.pid, signal.SIGKILL)
    return Kill(time.monotonic() - began, tuple(running.values()))


def _unlock(folder: Path) -> None:
    command = study.snakemake("--unlock", "--configfile", study.TINY)
    subprocess.run(command, cwd=folder, env=study.environment(), capture_output=True, check=True)


def jobs_of(session: int) -> dict[int, str]:
    """The Python processes of jobs in a session: process id -> rule."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "python" not in words[0] or os.getsid(int(place.name)) != session:
                continue
            if rules := [w.rpartition(".")[2] for w in words if w.startswith("spatial_mae.cli.")]:
                found[int(place.name)] = rules[0]
    return found
