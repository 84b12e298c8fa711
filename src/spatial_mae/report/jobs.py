"""What was run: the run records under a results folder, summed up by rule."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from spatial_mae.files import read_json

Record = dict[str, object]
KEYS = {"command", "started", "seconds", "commit"}


def read_records(root: Path, study: str) -> list[Record]:
    """All run records under `root` but those of other studies and of reports written before.

    A folder directly under `root` with a config.yaml is a study's.
    """
    others = {path.parent for path in root.glob("*/config.yaml")} - {root / study}
    records = []
    for path in sorted(root.rglob("*record.json")):
        if others.isdisjoint(path.parents):
            record = read_json(path)
            records += [record] if isinstance(record, dict) and record.keys() >= KEYS else []
    return [record for record in records if rule_of(record) != "write_report"]


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
