"""SLURM's command-line tools, with a time limit: they hang when their controller is down."""

import subprocess

SECONDS = 20


class SlurmError(RuntimeError):
    """SLURM is not there, does not answer, or says no."""


def ask(*command: str) -> str:
    """What a command prints. Raises SlurmError with its complaint."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except FileNotFoundError:
        raise SlurmError(
            f"no {command[0]!r} on the PATH: start Snakemake on a machine that submits jobs (a "
            "login node), or load SLURM's module; on one machine use the profile local"
        ) from None
    except subprocess.TimeoutExpired:
        raise SlurmError(
            f"{command[0]!r} gave no answer within {SECONDS} s: SLURM's controller may be down "
            "(`scontrol ping` shows it)"
        ) from None
    if done.returncode:
        raise SlurmError((done.stderr or done.stdout).strip() or f"{command[0]!r} failed")
    return done.stdout


def fields(text: str) -> dict[str, str]:
    """`Name=value Name=value ...` of `scontrol --oneliner` as a dictionary."""
    pairs = (word.partition("=") for word in text.split())
    return {name: value for name, equals, value in pairs if equals}
