"""What was run: the run records of a study, summed up by rule."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from spatial_mae.files import read_json
from spatial_mae.study.jobs import record_file, study_jobs

Record = dict[str, object]
KEYS = {"command", "started", "seconds", "commit"}


def read_records(root: Path, config: Mapping) -> list[Record]:
    """The run records of a study: those of its jobs, of its folder, and of what they were made of.

    root: the folder `results`, which studies share. Jobs of rungs, which the config alone does not
    tell, are found by the inputs that records name. Records of reports written before, and those
    in other studies' folders are left out. A folder directly under `root` with a config.yaml is a
    study's.
    """
    own = root / config["study"]
    others = {path.parent for path in root.glob("*/config.yaml")} - {own}
    waiting = [root.parent / record_file(job) for job in study_jobs(config)]
    waiting += own.rglob("*record.json")
    found: dict[Path, Record] = {}
    while waiting:
        path = waiting.pop()
        if path not in found and others.isdisjoint(path.parents) and (record := _read(path)):
            found[path] = record
            waiting += _behind(record, root.parent)
    records = [found[path] for path in sorted(found)]
    return [record for record in records if rule_of(record) != "write_report"]


def _read(path: Path) -> Record | None:
    """The record in a file; None if there is no file, or something else in it."""
    record = read_json(path) if path.is_file() else None
    return record if isinstance(record, dict) and record.keys() >= KEYS else None


def _behind(record: Record, folder: Path) -> Iterator[Path]:
    """Where the jobs that wrote a record's inputs left theirs: of the file's name, or the folder's.

    folder: what the paths of inputs are relative to.
    """
    for name in record.get("inputs", {}):
        path = folder / name
        yield from (path.with_suffix(".record.json"), path.with_name("record.json"))


def by_rule(records: Sequence[Mapping]) -> list[dict]:
    """One row per rule: its jobs, their seconds in all, and the most memory one of them took."""
    rules: dict[str, list[Mapping]] = {}
    for record in records:
        rules.setdefault(rule_of(record), []).append(record)
    return [
        {
            "rule": rule,
            "jobs": len(group),
            "seconds": sum(record["seconds"] for record in group),
            "memory": max(record.get("peak_memory_bytes", 0) for record in group),
        }
        for rule, group in sorted(rules.items())
    ]


def rule_of(record: Mapping) -> str:
    """The rule whose entry point wrote a record: its command's first word that names a module."""
    modules = [Path(word).stem for word in record["command"] if str(word).endswith(".py")]
    return modules[0] if modules else "unknown"


def provenance(records: Sequence[Mapping], own: Mapping) -> dict:
    """Commits, machines and versions behind the results; `own` is the report's own record."""
    everything = [*records, own]
    versions: dict[str, set] = {}
    for record in everything:
        for library, version in {"python": record["python"], **record["versions"]}.items():
            versions.setdefault(library, set()).add(version)
    return {
        "commits": _distinct(
            r["commit"] + ", dirty" * bool(r["dirty"]) if r["commit"] else _unknown(r)
            for r in everything
        ),
        "hosts": _distinct(f"{r['host']}: {r['device']}" for r in everything),
        "seeds": _distinct(str(r["seed"]) for r in records),
        "versions": {name: sorted(found) for name, found in sorted(versions.items())},
        "started": min(r["started"] for r in everything),
        "written": own["started"],
        "command": shlex.join(map(str, own["command"])),
    }


def _unknown(record: Mapping) -> str:
    return f"unknown: {record.get('commit_unknown', 'the record does not say why')}"


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
