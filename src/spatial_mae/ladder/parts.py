"""A ladder trained in parts: the tables of several studies, judged as one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spatial_mae.ladder.costs import with_costs
from spatial_mae.ladder.measures import measured
from spatial_mae.ladder.rungs import judge_rungs
from spatial_mae.ladder.trends import trends
from spatial_mae.sharing.keeping import Archive
from spatial_mae.study.ladders import rungs
from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.rows import Row, unique


@dataclass(frozen=True)
class Judged:
    """What the parts of a ladder say. verdicts: `judge_rungs`; lines: their `trends`; networks:
    `measured`, with what their training costs; missing: the tables not there yet.
    """

    verdicts: list[Row]
    lines: list[Row]
    networks: list[Row]
    missing: list[str]


def judge_parts(folders: Sequence[Path]) -> Judged:
    """folders: of a study each, with `config.yaml` and `tables/`: below results/ or kept.

    Raises ValueError for a study without a ladder, or where a name is another recipe, network or
    data set in two; FileNotFoundError where there is no study.
    """
    parts = [Archive(folder) for folder in folders]
    budgets = rungs(parts[0].config)
    tables, missing = _joined(parts)
    verdicts = judge_rungs(tables, budgets)
    named = [_entries(parts, kind) for kind in ("models", "datasets")]
    networks = [*with_costs(measured(tables, budgets), *named)]
    return Judged(verdicts, trends(verdicts), networks, missing)


def _entries(parts: Sequence[Archive], kind: str) -> dict[str, Mapping]:
    """What the configs of all parts hold under a key, by name."""
    return {name: own for part in parts for name, own in part.config.get(kind, {}).items()}


def _joined(parts: Sequence[Archive]) -> tuple[dict[str, list[Row]], list[str]]:
    """Kind of table -> rows of all parts, each once; and the tables not there yet."""
    missing: list[str] = []
    tables: dict[str, list[Row]] = {}
    for number, part in enumerate(parts):
        for before in parts[:number]:
            _refuse_others(before, part)
        for name, kind in part.kinds.items():
            if part.has(name):
                tables.setdefault(kind, []).extend(part.table(name))
            else:
                missing.append(f"{part.folder}/tables/{name}.csv")
    return {kind: unique(rows) for kind, rows in tables.items()}, missing


def _refuse_others(first: Archive, other: Archive) -> None:
    """ValueError where a name of both configs is another recipe, network or data set."""
    ours, theirs = (dict(_named(part.config)) for part in (first, other))
    for place in [name for name in ours if name in theirs]:
        both = ours[place].keys() & theirs[place].keys()  # a later version may have more keys
        if keys := sorted(key for key in both if ours[place][key] != theirs[place][key]):
            values = [{key: entry[place][key] for key in keys} for entry in (ours, theirs)]
            raise ValueError(
                f"{first.folder} and {other.folder} have other {place}: {values[0]} and "
                f"{values[1]}; parts of a ladder share recipes, networks and data"
            )


def _named(config: Mapping) -> Iterator[tuple[str, Mapping]]:
    """Recipes, networks and data sets by their place in the config; not where data lie.

    Recipes are those of pretraining, and those that an experiment reads.
    """
    read = {(KINDS[entry["kind"]].recipe, entry.get("recipe")) for entry in config["experiments"]}
    for family, recipes in config["recipes"].items():
        for name, own in recipes.items():
            if family == "pretraining" or (family, name) in read:
                yield f"recipes.{family}.{name}", own
    yield from ((f"models.{name}", own) for name, own in config.get("models", {}).items())
    for name, own in config.get("datasets", {}).items():
        yield f"datasets.{name}", {key: own[key] for key in own if key != "root"}
