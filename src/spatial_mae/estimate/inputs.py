"""What an estimate is given: the study's config, and numbers that the user knows better."""

import math
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.study import config_files, configuration
from spatial_mae.study.checking import nearest
from spatial_mae.study.measurements import RULES

ROOT = Path(__file__).resolve().parents[3]


def checked_config(path: Path, overlays: Sequence[Path]) -> dict:
    """The config with studies on top, checked as the workflow does.

    Raises FileNotFoundError for a file that is not there, ValueError for a config that cannot run.
    """
    return configuration.checked(configuration.merged(*map(_read, [path, *overlays])))


def _read(path: Path) -> dict:
    if not path.is_file():
        there = sorted(p.name for p in path.parent.glob("*.yaml"))
        raise FileNotFoundError(f"no config {path}; {nearest(path.name, there)}")
    return config_files.read(path)


def job_seconds(texts: Sequence[str]) -> dict[str, float]:
    """Seconds a job of rules, from texts such as `evaluate_mae=300`."""
    given = {}
    for text in texts:
        rule, _, number = text.rpartition("=")
        if rule not in RULES:
            raise ValueError(f"--job-seconds {text}: no such rule; {nearest(rule, RULES)}")
        given[rule] = positive(number, f"--job-seconds {text}")
    return given


def positive(number: float | str, what: str) -> float:
    """`number` as a float. Raises ValueError, naming `what`, if it is not a number above 0."""
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{what}: expected a number above 0")
    return value
