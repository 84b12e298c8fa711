"""Mutated configs: each is planned, or refused in words; never a traceback, never a hang."""

import contextlib
import copy
import datetime
import functools
import json
import random
import signal
import subprocess
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from benchmarks.reliability import study
from benchmarks.timing import ROOT
from spatial_mae.study import configuration, file_states, grid, jobs, relations

NUMBER = 500
REAL = 36  # of them are also given to Snakemake
LONGEST = 30  # seconds for a plan
COLUMNS = ("number", "base", "mutations", "outcome", "words", "snakemake")
PLANNED, REFUSED = "planned", "refused"

LARGE = ("datasets", "models", "recipes", "experiments")  # blocks that are hit more often

NUMBERS = (0, -1, 1, 2, 7, 10**9, 10**30, -(10**30), 0.5, -0.0, 1e-320, 1e308)
NUMBERS += (float("nan"), float("inf"), -float("inf"))
WORDS = ("", " ", "all", "null", "0", "1e3", "ünïcødé", "漢字", "🙂", "a/b", "../x", "a_b-c", "{x}")
WORDS += ("%s", "x" * 5000, "a\nb", "\x00", "-", "tiny", "default", "true", "50%", "-5%", "1e9%")
OTHERS = (None, True, False, [], {}, [[]], [None], {"": None}, {1: 2}, {None: 1}, [1, "a"], [1, 1])
OTHERS += (datetime.date(2020, 1, 1), b"bytes", {"a", "b"})


def run(out: Path, number: int, seed: int) -> bool:
    """Try `number` mutated configs of the default study, all overlays and the tiny study."""
    log = study.Log(out / "configs.csv", COLUMNS)
    for index in range(len(log.rows()), number):
        base, mutations, config = mutated(seed, index)
        outcome, words = plan(config)
        real = ""
        if index * REAL // number != (index + 1) * REAL // number:
            real = dry_run(config, out / "config.yaml")
        told = words.strip().rpartition("\n")[2] if outcome != REFUSED else words
        row = (index + 1, base, "; ".join(mutations), outcome, told[:500], real)
        log.add(dict(zip(COLUMNS, row, strict=True)))
    good = (PLANNED, REFUSED)
    return all(r["outcome"] in good and r["snakemake"] in ("", *good) for r in log.rows())


@functools.cache
def bases() -> dict[str, dict]:
    """The default config, and each overlay on it that needs no file of the user's."""
    plain = yaml.safe_load((ROOT / "config.yaml").read_text())
    overlays = [*sorted((ROOT / "workflow/studies").glob("*.yaml")), study.TINY]
    merged = {p.stem: configuration.merged(plain, yaml.safe_load(p.read_text())) for p in overlays}
    return {n: c for n, c in {"config": plain, **merged}.items() if plan(c)[0] == PLANNED}


def mutated(seed: int, index: int) -> tuple[str, list[str], dict]:
    """The name of a config, what was done to it, and the result; the same for the same numbers."""
    draw = random.Random(f"{seed} {index}")
    known = bases()
    name = draw.choice(sorted(known))
    config = copy.deepcopy(known[name])
    done = [_mutate(config, draw) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    return name, done, config


def _mutate(config: dict, draw: random.Random) -> str:
    """Change one place, drawn from the top down: large blocks do not hide small ones."""
    place: dict | list = config
    path: list = []
    while True:
        keys = list(place) if isinstance(place, Mapping) else list(range(len(place)))
        key = draw.choice(keys if path else keys + [key for key in LARGE if key in keys] * 2)
        path.append(key)
        deeper = isinstance(place[key], dict | list) and place[key] and draw.random() < 0.96
        if not deeper:
            break
        place = place[key]
    what = draw.choice((_delete, _replace, _nudge, _nudge, _nudge, _wrap, _rename, _double))
    return f"{'.'.join(map(str, path))}: {what(place, key, draw)}"


def _delete(place: dict | list, key: object, _draw: random.Random) -> str:
    del place[key]
    return "deleted"


def _replace(place: dict | list, key: object, draw: random.Random) -> str:
    old = place[key]
    number = isinstance(old, int | float) and not isinstance(old, bool)
    kinds = [NUMBERS, WORDS, OTHERS, *([NUMBERS] * 2 if number else [])]
    place[key] = copy.deepcopy(draw.choice(draw.choice(kinds)))
    return f"now {place[key]!r}"[:80]


def _nudge(place: dict | list, key: object, draw: random.Random) -> str:
    """Another value of the same type, not far away."""
    old = place[key]
    if isinstance(old, bool):
        place[key] = not old
    elif isinstance(old, int | float):
        place[key] = draw.choice((old + 1, old - 1, 2 * old, old / 2, old * 100))
    elif isinstance(old, list) and old:
        del old[draw.randrange(len(old))]
    else:
        return _replace(place, key, draw)
    return f"now {place[key]!r}"[:80]


def _wrap(place: dict | list, key: object, _draw: random.Random) -> str:
    """A list for a scalar, a scalar for a list."""
    value = place[key]
    place[key] = value[0] if isinstance(value, list) and value else [value]
    return "in a list" if isinstance(place[key], list) else "out of its list"


def _rename(place: dict | list, key: object, draw: random.Random) -> str:
    if isinstance(place, list):
        return _replace(place, key, draw)
    new = draw.choice((f"{key}x", str(key)[1:], str(key).upper(), *WORDS, None, 3, 2.5, True))
    place[new] = place.pop(key)
    return f"renamed to {new!r}"[:80]


def _double(place: dict | list, key: object, _draw: random.Random) -> str:
    """An item twice; under a second name in a mapping."""
    if isinstance(place, list):
        place.append(copy.deepcopy(place[key]))
    else:
        place[f"{key}_2"] = copy.deepcopy(place[key])
    return "doubled"


def plan(config: dict) -> tuple[str, str]:
    """Planned, refused, or the name of the fault; with the words or the traceback."""
    try:
        with _in_time():
            try:
                whole = configuration.checked(json_like(config))
            except ValueError as error:
                if str(error).startswith("the config"):
                    return REFUSED, str(error)
                raise
            return PLANNED, f"{_planned(whole)} jobs"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return type(error).__name__, traceback.format_exc()


def json_like(config: dict) -> dict:
    """As Snakemake hands a config over: a copy, nothing changed."""
    return copy.deepcopy(config)


def _planned(config: Mapping) -> int:
    """What the workflow's rules ask of a config, for all jobs of the study."""
    found = jobs.study_jobs(config)
    json.dumps(config)
    for entry in config["experiments"]:
        grid.run_tables(entry), grid.manifests(entry)
        relations.experiment_controls(config, entry)
    grid.figure_files(config), relations.weights(config), relations.checks(config)
    for job in found:
        jobs.record_file(job)
    for name in relations.used_datasets(config):
        file_states.dataset_state(config, name)
    return len(found)


class TooSlowError(BaseException):
    """No exception that the code under test could catch."""


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlowError(f"no plan after {LONGEST} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def dry_run(config: dict, file: Path) -> str:
    """What `snakemake -n` makes of it; the end of its output if that is neither plan nor words."""
    try:
        file.write_text(yaml.safe_dump(config, allow_unicode=True))
    except (yaml.YAMLError, UnicodeError) as error:
        return f"cannot be written: {error}"
    folder = file.with_name("planned")
    if not folder.exists():
        study.copy_project(folder)
    (folder / "config.yaml").write_text(file.read_text())
    done = subprocess.run(
        study.snakemake("report", "--dry-run", "--quiet", "rules"),
        cwd=folder,
        env=study.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    if "Traceback" in told:
        return told[-500:]
    if done.returncode == 0:
        return PLANNED
    return REFUSED if "the config " in told else told[-500:]
