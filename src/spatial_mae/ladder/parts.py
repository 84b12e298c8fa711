"""A ladder trained in parts: the tables of several studies, judged as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spatial_mae.ladder.measures import measured
from spatial_mae.ladder.trends import judge_rungs, trends
from spatial_mae.sharing.keeping import Archive
from spatial_mae.study.ladders import rungs
from spatial_mae.tables.rows import Row, unique


@dataclass(frozen=True)
class Judged:
    """What the parts of a ladder say. verdicts: `judge_rungs`; lines: their `trends`; networks:
    `measured`; missing: the tables not there yet.
    """

    verdicts: list[Row]
    lines: list[Row]
    networks: list[Row]
    missing: list[str]


def judge_parts(folders: Sequence[Path]) -> Judged:
    """folders, and what is raised: as for `read_parts`."""
    budgets, tables, missing = read_parts(folders)
    verdicts = judge_rungs(tables, budgets)
    return Judged(verdicts, trends(verdicts), measured(tables, budgets), missing)


def read_parts(folders: Sequence[Path]) -> tuple[dict[str, int], dict[str, list[Row]], list[str]]:
    """Recipe -> epochs of the ladder, kind -> rows of all parts, and the tables not there yet.

    folders: of a study each, with `config.yaml` and `tables/`: below results/ or kept. Tables of a
    kind are joined. Raises ValueError for a study without a ladder, or where two have other
    recipes under the name of a rung; FileNotFoundError where there is no study.
    """
    parts = [Archive(folder) for folder in folders]
    budgets, missing = rungs(parts[0].config), []
    tables: dict[str, list[Row]] = {}
    for part in parts:
        _refuse_other_recipes(parts[0], part, budgets)
        for name, kind in part.kinds.items():
            if part.has(name):
                tables.setdefault(kind, []).extend(part.table(name))
            else:
                missing.append(f"{part.folder}/tables/{name}.csv")
    return budgets, {kind: unique(rows) for kind, rows in tables.items()}, missing


def _refuse_other_recipes(first: Archive, other: Archive, budgets: Mapping[str, int]) -> None:
    for name in {**budgets, **rungs(other.config)}:
        recipes = [part.config["recipes"]["pretraining"].get(name) for part in (first, other)]
        if recipes[0] != recipes[1]:
            raise ValueError(
                f"{first.folder} and {other.folder} have other recipes of pretraining "
                f"{name!r}: {recipes[0]} and {recipes[1]}; parts of a ladder share its rungs"
            )
