"""What a card says of a rule and of the tables that it writes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath

# Wildcards of a path that hold a name from the config, not a slug.
NAMES = ("dataset", "model", "training")


@dataclass(frozen=True)
class Table:
    """A file of rows that a rule writes for a run, in the rule's folder.

    columns: what it measures; without the keys of its runs and what is known of their images.
    figures: drawn from an experiment of this kind unless it names others. also: the other figures
    that read such tables. needs: keys of the recipe without which it has no rows. drawn_with:
    figure -> the key of the recipe without which the figure has nothing to show.
    """

    file: str
    columns: tuple[str, ...]
    figures: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    drawn_with: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """What a rule leaves, and what it needs.

    folder: of its outputs. tables: kind of experiment -> table. file: its run record; by default
    named as the first table. slugs: wildcard of the paths -> the keys its slug is made of.
    recipe: the family under `recipes:` it reads. declared: the dataclass of such a recipe, by its
    path in this package. stage: the named target that includes it. gpu: whether it asks for one.
    trains: whether it trains a vision transformer and leaves a history.csv next to its record.
    scores: a small table that no experiment collects.
    """

    folder: str
    slugs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recipe: str = ""
    declared: str = ""
    stage: str = ""
    tables: Mapping[str, Table] = field(default_factory=dict)
    file: str = ""
    gpu: bool = False
    trains: bool = False
    scores: str = ""

    @cached_property
    def record(self) -> str:
        """The path of its run record."""
        first = next(iter(self.tables.values())).file if not self.file else ""
        return f"{self.folder}/{self.file or first.removesuffix('.csv') + '.record.json'}"

    @property
    def scores_file(self) -> str:
        return f"{self.folder}/{self.scores}"

    @cached_property
    def wildcards(self) -> tuple[str, ...]:
        """Those of its record's path, in their order: they distinguish its jobs."""
        return tuple(re.findall(r"\{(\w+)\}", self.record))

    def read_folder(self, folder: str | PurePath) -> dict[str, str]:
        """The wildcards' values in a folder of its outputs; empty if it is none of its folders."""
        found = re.fullmatch(
            re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.folder)),
            PurePath(folder).as_posix(),
        )
        return found.groupdict() if found else {}


@dataclass(frozen=True)
class Kind:
    """What an experiment measures: one of the tables of a rule. table: its path."""

    table: str
    rule: str
    columns: tuple[str, ...]
    figures: tuple[str, ...]
    also: tuple[str, ...]
    card: Rule
    needs: tuple[str, ...] = ()
    drawn_with: Mapping[str, str] = field(default_factory=dict)

    @property
    def recipe(self) -> str:
        return self.card.recipe

    @property
    def stage(self) -> str:
        return self.card.stage

    @property
    def slugs(self) -> Mapping[str, tuple[str, ...]]:
        return self.card.slugs

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys a grid of this kind must give, in order (`split` is always `train`)."""
        names = tuple(name for name in NAMES if f"{{{name}}}" in self.table)
        slugs = tuple(key for keys in self.slugs.values() for key in keys)
        return names + tuple(key for key in slugs if key != "split")


def kinds(rules: Mapping[str, Rule]) -> dict[str, Kind]:
    """The kinds of experiment: the tables of all rules, by name."""
    return {
        kind: Kind(
            f"{card.folder}/{table.file}",
            rule,
            table.columns,
            table.figures,
            table.also,
            card,
            table.needs,
            table.drawn_with,
        )
        for rule, card in rules.items()
        for kind, table in card.tables.items()
    }
