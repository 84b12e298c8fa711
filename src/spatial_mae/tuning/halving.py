"""What a rung of a search for a recipe keeps and drops, and why."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from spatial_mae.advise.ranking import Entry, Ranking, rank
from spatial_mae.advise.rungs import reason, signed
from spatial_mae.advise.scores import read_scores
from spatial_mae.files import Row

MEASURE, KEYS = "probe", ("candidate",)
DIVERGED = "diverged"


def read_candidates(
    paths: Iterable[Path], rung: str, known: Mapping[str, Mapping], of: Mapping[str, str]
) -> list[Row]:
    """A row for each epoch in tables of scores: candidate, its values, columns of `advise.scores`.

    known: candidate -> values. of: recipe of pretraining, the folder above a table's -> candidate.
    """
    found = []
    for path in map(Path, paths):
        name = of[path.parent.parent.name]
        rows = read_scores([path], rung)
        found += [{"candidate": name, **known[name], **row} for row in rows]
    return found


def ranked(rows: Sequence[Row], epoch: int | None = None) -> Ranking:
    """Candidates by the accuracy of the probe. Raises ValueError if all of them diverged."""
    return rank(rows, MEASURE, epoch, KEYS)


def decision(
    rows: Sequence[Row], rung: str, epoch: int, keep: int, known: Mapping[str, Mapping], base: str
) -> dict:
    """The content of a rung's file: the `keep` best candidates and the base, the best first.

    rows: of the rung's runs. Those that diverged are worse than all others.
    """
    ranking = ranked(rows, epoch)
    chosen = ranking.entries[:keep]
    kept = [_described(known, entry, reason(ranking, entry, MEASURE)) for entry in chosen]
    dropped = [
        _described(known, entry, reason(ranking, entry, MEASURE))
        for entry in ranking.entries[keep:]
        if name_of(entry) != base
    ]
    if base not in [entry["candidate"] for entry in kept]:
        kept.append({"candidate": base, "values": known[base], "why": _of_base(ranking, base)})
    dropped += [
        {"candidate": name, "values": known[name], "why": "training diverged"}
        for name in diverged(rows)
        if name != base
    ]
    return signed({"rung": rung, "kept": kept, "dropped": dropped})


def name_of(entry: Entry) -> str:
    """The candidate that an entry of a ranking is."""
    return entry.setting[0]


def diverged(rows: Sequence[Row]) -> list[str]:
    """The candidates of which a run diverged."""
    return list(dict.fromkeys(row["candidate"] for row in rows if row["status"] == DIVERGED))


def _described(known: Mapping[str, Mapping], entry: Entry, why: str) -> dict:
    name = name_of(entry)
    return {"candidate": name, "values": known[name], "why": why}


def _of_base(ranking: Ranking, base: str) -> str:
    own = ranking.by_setting.get((base,))
    place = reason(ranking, own, MEASURE) if own else "training diverged"
    return f"the base, to compare with; {place}"
