"""The judged statements as the report shows them: ordered, grouped and counted."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from spatial_mae.claims.verdict import DECIDED, FINDING, SETTING, VERDICTS, in_words
from spatial_mae.files import read_json
from spatial_mae.papers.cited import paper_of
from spatial_mae.papers.statements import SOURCES
from spatial_mae.report.wording import plain, split_first
from spatial_mae.study.grid import drawing


def read_claims(path: Path, figure_names: Collection[str]) -> list[dict]:
    """The judged claims, decided findings first, settings last.

    Each has, with what claims.json says, its sign, words, paper and origin (the paper's text), the
    group that a filter shows it in (its verdict, of a setting `setting`), its first condition and
    the others, and `drawn`: the figure of this study that shows it, None if there is none.
    Raises ValueError for an unknown verdict.
    """
    claims = read_json(path)
    drawn = {drawing(name): name for name in reversed(list(figure_names))}
    for claim in claims:
        if claim["verdict"] not in VERDICTS:
            known = ", ".join(VERDICTS)
            raise ValueError(
                f"{path}: verdict {claim['verdict']!r} of {claim['id']}; known: {known}"
            )
        claim |= _shown(claim, drawn)
    return sorted(claims, key=_order)


def _shown(claim: Mapping, drawn: Mapping[str, str]) -> dict:
    condition, others = split_first(claim["conditions"])
    return {
        "sign": VERDICTS[claim["verdict"]][0],
        "words": in_words(claim["verdict"], claim["scale"]),
        "paper": paper_of(claim["source"]),
        "origin": SOURCES[claim["source"]],
        "group": claim["verdict"] if claim["role"] == FINDING else SETTING,
        "quote": plain(claim["quote"]),
        "condition": condition,
        "other_conditions": others,
        "drawn": drawn.get(claim["figure"]) if claim["figure"] else None,
    }


def _order(claim: Mapping) -> tuple:
    """Findings before settings, decided ones first, then by how far they are from a decision."""
    verdict = claim["verdict"]
    rank = 0 if verdict in DECIDED else list(VERDICTS).index(verdict)
    return (claim["group"] == SETTING, rank)


def count_groups(claims: Sequence[Mapping]) -> list[dict]:
    """Group, sign, words and number of claims: the verdicts of findings, then the settings."""
    counts = Counter(claim["group"] for claim in claims)
    groups = {verdict: words[:2] for verdict, words in VERDICTS.items()}
    groups[SETTING] = ("•", "settings of the paper")
    return [
        {"group": group, "sign": sign, "words": words, "count": counts[group]}
        for group, (sign, words) in groups.items()
    ]
