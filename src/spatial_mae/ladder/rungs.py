"""Verdicts at each budget of a ladder.

A rung is a recipe of pretraining; rungs differ in their epochs alone. The statements about trained
networks are judged from the rows of each rung by themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from spatial_mae.claims.judging import JUDGES, judge_all
from spatial_mae.claims.verdict import FINDING, NOT_RUN
from spatial_mae.claims.wording import varied
from spatial_mae.tables.rows import Row, Tables
from spatial_mae.tables.runs import SETTING

TRAINING = "training"
NUMBERS = ("estimate", "low", "high", "part")
PLACE = ("dataset", "model", *SETTING)  # what networks of different rungs may share


def rung_tables(tables: Tables, training: str) -> dict[str, list[Row]]:
    """The rows of the networks of one recipe, with those that no network made."""
    kept = {
        kind: [row for row in rows if row.get(TRAINING) in (None, training)]
        for kind, rows in tables.items()
    }
    return {kind: rows for kind, rows in kept.items() if rows}


def trained_kinds(tables: Tables) -> set[str]:
    """The experiments whose rows name a recipe of pretraining."""
    return {kind for kind, rows in tables.items() if any(row.get(TRAINING) for row in rows)}


def shared(rungs: Mapping[str, Tables]) -> dict[str, dict[str, list[Row]]]:
    """Of each rung the rows of those settings of which all rungs have networks, kind by kind.

    A rung without a network in a kind's table is not asked. Seeds may differ.
    """
    kinds = {kind for tables in rungs.values() for kind in tables}
    common = {kind: _common([tables.get(kind, ()) for tables in rungs.values()]) for kind in kinds}
    return {
        name: {
            kind: [row for row in rows if not row.get(TRAINING) or _place(row) in common[kind]]
            for kind, rows in tables.items()
        }
        for name, tables in rungs.items()
    }


def _common(rungs: Sequence[Sequence[Row]]) -> set[tuple]:
    places = [{_place(row) for row in rows if row.get(TRAINING)} for rows in rungs]
    return set.intersection(*(own for own in places if own)) if any(places) else set()


def _place(row: Row) -> tuple:
    return tuple([row.get(column) for column in PLACE])


def judge_rungs(tables: Tables, epochs: Mapping[str, int]) -> list[Row]:
    """A row for each rung and finding about trained networks that one of the rungs decides.

    epochs: recipe -> epochs, the rungs. Rows: id, source, quote, training, epochs; verdict,
    estimate, low, high and sentence of all networks of the rung (numbers are None where nothing was
    estimated, the verdict of a rung that does not speak of it is `NOT_RUN`); and `same_verdict`,
    `same_estimate`, `same_low`, `same_high`, `same_sentence` of `shared` settings: rungs with other
    patch sizes or mask ratios have other effects. These are of as many rungs as have an estimate of
    the statement in settings that they share; `settings` says which, where some are left out.
    Rungs without rows are left out.
    """
    rungs = {
        training: own
        for training, _ in sorted(epochs.items(), key=lambda item: item[1])
        if trained_kinds(own := rung_tables(tables, training))
    }
    every = {training: _findings(own) for training, own in rungs.items()}
    alike = [_Alike.of(shared(some)) for some in _fewer(rungs)]
    found = []
    for training, own in every.items():
        for identity, claim in own.items():
            same = _most_telling(alike, identity)
            shown = _said_of(same.findings.get(training, {}).get(identity))
            if not claim["scale"] and shown["verdict"] == NOT_RUN:
                continue
            row = {name: claim[name] for name in ("id", "source", "quote")}
            row |= {TRAINING: training, "epochs": epochs[training]} | _said_of(claim)
            row |= {f"same_{name}": value for name, value in shown.items()}
            kinds = JUDGES[identity].kinds
            found.append(row | {"settings": _lacking(same.tables, rungs, kinds)})
    return found


def _most_telling(alike: Sequence["_Alike"], identity: str) -> "_Alike":
    """Those of most rungs with an estimate, then of most settings; all rungs if none has one."""
    best = max(reversed(alike), key=lambda one: one.n_estimates(identity))
    return best if best.n_estimates(identity) else alike[0]


def _fewer(rungs: Mapping[str, Tables]) -> Iterator[Mapping[str, Tables]]:
    """All rungs, then without the one of the fewest settings, and so on to two.

    The last of the ladder is often not complete: it alone would say of what the others are judged.
    """
    yield rungs
    while len(rungs) > 2:
        fewest = min(reversed(rungs), key=lambda name: len(_settings(rungs[name])))
        rungs = {name: own for name, own in rungs.items() if name != fewest}
        yield rungs


def _settings(tables: Tables) -> set[tuple]:
    return {
        (kind, _place(row)) for kind, rows in tables.items() for row in rows if row.get(TRAINING)
    }


@dataclass(frozen=True)
class _Alike:
    """Rungs in the settings that they share: their rows, and what these say."""

    tables: Mapping[str, Tables]
    findings: Mapping[str, Mapping[str, Mapping]]

    @classmethod
    def of(cls, tables: Mapping[str, Tables]) -> "_Alike":
        findings = {
            name: _findings({k: r for k, r in own.items() if r}) for name, own in tables.items()
        }
        return cls(tables, findings)

    def n_estimates(self, identity: str) -> int:
        said = [_said_of(own.get(identity)) for own in self.findings.values()]
        return sum(one["estimate"] is not None for one in said)


def _lacking(some: Mapping[str, Tables], every: Mapping[str, Tables], kinds: Sequence[str]) -> str:
    """`patch size 4, 8`: the values in `some` rungs of each axis that has more in `every` one."""
    ours, all_ = (_places(rungs, kinds) for rungs in (some, every))
    axes = [axis for axis in PLACE if {o[axis] for o in ours} != {a[axis] for a in all_}]
    return varied([{axis: one[axis] for axis in axes} for one in ours]) if ours else ""


def _places(rungs: Mapping[str, Tables], kinds: Sequence[str]) -> list[dict]:
    found = {
        _place(row)
        for tables in rungs.values()
        for kind in kinds
        for row in tables.get(kind, ())
        if row.get(TRAINING)
    }
    return [dict(zip(PLACE, place, strict=True)) for place in found]


def _findings(tables: Tables) -> dict[str, dict]:
    return {claim["id"]: claim for claim in judge_all(tables) if claim["role"] == FINDING}


def _said_of(claim: Mapping | None) -> Row:
    """The verdict on networks, with its numbers; one on anything else counts as not run."""
    if claim is None or not claim["scale"]:
        numbers = dict.fromkeys(NUMBERS)
        return numbers | {"verdict": NOT_RUN, "sentence": claim["sentence"] if claim else ""}
    found = {name: claim["evidence"].get(name) for name in NUMBERS}
    return found | {"verdict": claim["verdict"], "sentence": claim["sentence"]}
