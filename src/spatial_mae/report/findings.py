"""What leads the report: of each paper three judged sentences and one figure, chosen by rule."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest

from spatial_mae.claims.verdict import CONDITIONAL, DECIDED, FAILS, FINDING, HOLDS, VERDICTS
from spatial_mae.papers.cited import PAPERS
from spatial_mae.report.pictures import LEADING, embed

LED_BY = (HOLDS, FAILS, CONDITIONAL)
SENTENCES = 3
RULE = (
    "Of each paper: one finding that holds, one that fails and one that holds under conditions, as "
    "far as there are any, then more of them, three in all. Of several, the one with a figure in "
    "this report comes first, then the one measured in the most settings, then the paper's order. "
    "The figure is the one behind most of the paper's decided findings."
)


def summaries(claims: Sequence[Mapping], figures: Sequence[Mapping]) -> list[dict]:
    """Of each paper with statements: its findings' number, their verdicts, sentences and figure.

    `tally` is text; `leading` holds at most three claims; `figure` is None where none is drawn.
    """
    found = []
    for paper in PAPERS:
        findings = [c for c in claims if c["paper"] == paper and c["role"] == FINDING]
        if findings:
            summary = {"paper": paper, "n": len(findings), "tally": tally(findings)}
            summary |= {"leading": leading(findings), "figure": _figure(paper, findings, figures)}
            found.append(summary)
    return found


def tally(findings: Sequence[Mapping]) -> str:
    """`13 hold, 4 fail, 14 inconclusive`: the verdicts that occur, with their numbers."""
    counts = Counter(claim["verdict"] for claim in findings)
    return ", ".join(
        f"{counts[verdict]} {words[1] if counts[verdict] == 1 else words[2]}"
        for verdict, words in VERDICTS.items()
        if counts[verdict]
    )


def leading(findings: Sequence[Mapping]) -> list[Mapping]:
    """At most three decided findings, chosen by `RULE`, in the order of `LED_BY`."""
    ranked = [
        sorted((c for c in findings if c["verdict"] == verdict), key=_rank) for verdict in LED_BY
    ]
    in_turn = [claim for claim in chain(*zip_longest(*ranked)) if claim]
    return sorted(in_turn[:SENTENCES], key=lambda claim: LED_BY.index(claim["verdict"]))


def _rank(claim: Mapping) -> tuple:
    return (claim["drawn"] is None, -claim["evidence"].get("settings", 0))


def _figure(paper: object, findings: Sequence[Mapping], figures: Sequence[Mapping]) -> dict | None:
    """The figure that most decided findings rest on, else the first of the paper, larger."""
    weight = Counter(c["drawn"] for c in findings if c["verdict"] in DECIDED)
    own = [f for f in figures if weight[f["name"]] or f["papers"] == [paper]]
    if not own:
        return None
    chosen = max(own, key=lambda figure: weight[figure["name"]])
    return {**chosen, "picture": embed(chosen["path"], LEADING)}
