"""What the templates of docs say about kept studies: numbers, tables, verdicts."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scipy.stats import ttest_1samp

from spatial_mae.claims.judging import JUDGES
from spatial_mae.claims.verdict import SETTING, in_words
from spatial_mae.figures.drawing.catalogue import load_figure
from spatial_mae.ladder import trends
from spatial_mae.ladder.parts import Judged, judge_parts
from spatial_mae.report.kept_cells import (
    cell,
    dataset_line,
    markdown,
    median_and_lowest,
    only_value,
    said_at,
    whole,
    word,
)
from spatial_mae.report.kept_probes import (
    HEADS,
    budget_lines,
    front_lines,
    mean_and_error,
    probe_lines,
)
from spatial_mae.sharing.keeping import Archive
from spatial_mae.tables.rows import Row, distinct, levels, pick
from spatial_mae.tuning.verdict import judge
from spatial_mae.tuning.writing import read_search


def percent(share: float) -> str:
    """A share, or a difference of shares, in percent with one decimal."""
    return f"{100 * share:.1f}"


class Kept:
    """The kept studies below a folder, each read once."""

    def __init__(self, archives: Path) -> None:
        self.archives = archives
        self._studies: dict[str, Archive] = {}
        self._ladders: dict[tuple[str, ...], Judged] = {}

    def functions(self) -> dict[str, Callable]:
        """What a template can call, by name."""
        named = (
            self.value,
            self.total,
            self.pivot,
            self.drawn,
            self.mean,
            self.difference,
            self.ranks,
            self.probed,
            self.verdicts,
            self.found,
            self.claim,
            self.claim_at,
        )
        named += (self.record, self.datasets, self.search, self.ladder, self.at_budgets)
        named += (self.over_budget, self.front, percent)
        return {function.__name__: function for function in named}

    def study(self, name: str) -> Archive:
        if name not in self._studies:
            self._studies[name] = Archive(self.archives / name)
        return self._studies[name]

    def search(self, name: str) -> dict:
        """The verdict on a kept search for a recipe, as `choose_recipe` writes it."""
        return judge(read_search(self.archives / name))

    def record(self, study: str) -> dict:
        return self.study(study).record

    def value(
        self, study: str, experiment: str, column: str, digits: int = 2, **where: object
    ) -> str:
        """The one number of `column` in the rows that `where` picks, with decimal `digits`.

        Raises ValueError if there is none, or more than one.
        """
        return only_value(pick(self.study(study).table(experiment), **where), column, digits, where)

    def total(
        self, study: str | Sequence[str], experiment: str, column: str, **where: object
    ) -> float:
        """The sum of a column, of one study or of several that have the experiment."""
        return sum(row[column] for row in self._picked(study, experiment, where))

    def _picked(self, study: str | Sequence[str], experiment: str, where: Mapping) -> list[Row]:
        studies = [study] if isinstance(study, str) else study
        return [r for name in studies for r in pick(self.study(name).table(experiment), **where)]

    def pivot(
        self,
        study: str,
        experiment: str,
        column: str,
        down: Sequence[str],
        across: Mapping[str, Mapping],
        digits: int = 2,
        **where: object,
    ) -> str:
        """A table of `column`: a row per value of a column, a column per head of `across`.

        down: the rows' column and its head. across: head -> what those rows hold. where: what all
        rows hold. Raises ValueError for a cell with no value or with several.
        """
        name, head = down
        rows = pick(self.study(study).table(experiment), **where)
        lines = [
            [
                whole(value),
                *(
                    only_value(
                        pick(rows, **{name: value}, **own), column, digits, own | {name: value}
                    )
                    for own in across.values()
                ),
            ]
            for value in levels(rows, name)
        ]
        return markdown([head, *across], lines)

    def drawn(
        self, figure: str, study: str, experiment: str, column: str, digits: int, **where: object
    ) -> str:
        """As `value`, of the rows that a figure draws of the table; "none" where these are empty.

        Raises ValueError if there is no such row, or more than one value.
        """
        rows = pick(load_figure(figure).select(self.study(study).table(experiment)), **where)
        if rows and all(row.get(column) is None for row in rows):
            return "none"
        return only_value(rows, column, digits, where)

    def mean(
        self,
        study: str | Sequence[str],
        experiment: str,
        column: str,
        digits: int = 1,
        factor: float = 1.0,
        **where: object,
    ) -> str:
        """Mean of a column over seeds times `factor` ± its standard error. Empty without rows.

        study: one, or several that have the experiment. Raises ValueError for two rows of a seed.
        """
        rows = self._picked(study, experiment, where)
        if len(distinct(rows, "seed")) < len(rows):
            raise ValueError(f"several values of {column} of a seed where {where}")
        return mean_and_error([factor * row[column] for row in rows], digits)

    def difference(
        self,
        study: str,
        experiments: Sequence[str],
        column: str,
        digits: int = 1,
        factor: float = 1.0,
        each: Sequence[Mapping] = ({}, {}),
        **where: object,
    ) -> str:
        """Mean over seeds of the first experiment less the second, with its 95% interval.

        Student's, of the differences seed by seed. each: what the rows of either hold besides
        `where`. Raises ValueError if the two have other seeds, or two rows of one.
        """
        rows = [
            pick(self.study(study).table(name), **where, **own)
            for name, own in zip(experiments, each, strict=True)
        ]
        ours, theirs = ({row["seed"]: factor * row[column] for row in own} for own in rows)
        if ours.keys() != theirs.keys():
            raise ValueError(f"{experiments} have other seeds: {[*ours]} and {[*theirs]}")
        if any(len(own) > len(ours) for own in rows):
            raise ValueError(f"several values of {column} of a seed where {where}, {[*each]}")
        found = ttest_1samp([ours[seed] - theirs[seed] for seed in ours], 0).confidence_interval()
        return (
            f"{(found.low + found.high) / 2:.{digits}f} "
            f"({found.low:.{digits}f} to {found.high:.{digits}f})"
        )

    def ranks(self, groups: Sequence[Sequence[str]], predictors: Sequence[str]) -> str:
        """How well gains are predicted: a row per (label, study, data set, kind of target)."""
        heads = ["targets", "n (train)", *predictors, "signs right: turn", "commoner sign"]
        return markdown(heads, [self._rank_line(*group, predictors) for group in groups])

    def _rank_line(
        self, label: str, study: str, dataset: str, target: str, predictors: Sequence[str]
    ) -> list[str]:
        rows = pick(self.study(study).table("target_ranks"), dataset=dataset, target=target)
        turn = [row for row in pick(rows, predictor="turn") if row["n_sure"]]
        sure = sum(row["n_sure"] for row in turn)
        right, common = (
            sum(row[name] * row["n_sure"] for row in turn) / sure
            for name in ("sign_agreement", "majority")
        )
        (n_images,) = distinct(rows, "n_images")
        cells = [median_and_lowest(pick(rows, predictor=name)) for name in predictors]
        return [label, f"{n_images:,}", *cells, f"{right:.0%} of {sure:,}", f"{common:.0%}"]

    def probed(self, study: str, experiment: str, representation: str = "mean") -> str:
        """Accuracies of linear probes, setting by setting."""
        rows = self.study(study).table(experiment)
        return markdown(HEADS, list(probe_lines(rows, representation)))

    def claim(self, study: str, statement: str) -> dict:
        """The verdict on a statement in words, `verdict` and `sentence`, with what is behind it."""
        claim = self.study(study).claims[statement]
        return claim | {"verdict": in_words(claim["verdict"])}

    def claim_at(self, study: str, statement: str, **where: object) -> dict:
        """The verdict on a statement in words, as of the rows alone that `where` picks."""
        judge, kept = JUDGES[statement], self.study(study)
        tables = {
            kind: [row for name in kept.named(kind) for row in pick(kept.table(name), **where)]
            for kind in judge.kinds
        }
        found = judge.decide(tables)
        return {"verdict": in_words(found.verdict), "sentence": found.sentence}

    def verdicts(self, studies: Mapping[str, str], leave: Sequence[str] = ()) -> str:
        """Statements down, studies (name -> head) across; those without a trained network.

        leave: beginnings of statements that are not shown.
        """
        claims = {name: self.study(name).claims for name in studies}
        lines = []
        for statement in self._shown(claims, leave):
            cells = [word(claims[name][statement]) for name in studies]
            one = claims[next(iter(studies))][statement]
            role = " (setting)" if one["role"] == SETTING else ""
            lines.append([f"{statement}{role}", cell(one["quote"]), *cells])
        return markdown(["statement", "quote", *studies.values()], lines)

    def found(self, studies: Mapping[str, str], leave: Sequence[str] = ()) -> str:
        """What was found where a statement does not hold."""
        claims = {name: self.study(name).claims for name in studies}
        lines = [
            [statement, head, word(claims[name][statement]).strip("*"), cell(sentence)]
            for statement in self._shown(claims, leave)
            for name, head in studies.items()
            if word(claims[name][statement]) not in ("", "holds")
            and (sentence := claims[name][statement]["sentence"])
        ]
        return markdown(["statement", "study", "verdict", "found"], lines)

    def _shown(self, claims: Mapping[str, Mapping], leave: Sequence[str]) -> list[str]:
        """Statements with a verdict in one study at least."""
        every = next(iter(claims.values()))
        return [
            statement
            for statement in every
            if any(word(found[statement]) for found in claims.values())
            and not statement.startswith(tuple(leave))
        ]

    def ladder(self, studies: Sequence[str]) -> str:
        """Verdicts and effects over the budget, of a ladder kept in parts."""
        return trends.markdown(self._judged(studies).lines).rstrip()

    def at_budgets(self, studies: Sequence[str], statement: str) -> str:
        """What was found of a statement at each budget of a ladder, a point of a list each."""
        rows = pick(self._judged(studies).verdicts, id=statement)
        if not rows:
            raise ValueError(f"no rung of {', '.join(studies)} decides {statement!r}")
        return "\n".join(f"    - {row['epochs']} epochs, {said_at(row)}" for row in rows)

    def over_budget(
        self, studies: Sequence[str], measure: str, digits: int = 1, factor: float = 1.0
    ) -> str:
        """A measure of a ladder's networks, mean over seeds ± standard error: epochs across."""
        rows = pick(self._judged(studies).networks, measure=measure)
        return markdown(*budget_lines(rows, digits, factor))

    def front(self, studies: Sequence[str]) -> str:
        """The settings of a ladder whose probe is above those of all that cost no more."""
        return markdown(*front_lines(self._judged(studies).networks))

    def _judged(self, studies: Sequence[str]) -> Judged:
        key = tuple(studies)
        if key not in self._ladders:
            self._ladders[key] = judge_parts([self.archives / name for name in studies])
        return self._ladders[key]

    def datasets(self) -> str:
        """Source, size and checksum of the data sets that docs name."""
        known = json.loads((self.archives / "datasets.json").read_text(encoding="utf-8"))
        heads = ["data set", "source", "licence", "files", "bytes", "SHA-256"]
        return markdown(heads, [dataset_line(one) for one in known])
