"""A short summary of the claims, paper by paper, for a terminal; a table in Markdown.

`python -m spatial_mae.claims.summary results/quick/claims.json` prints the lines.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.claims.verdict import DECIDED, FINDING, SETTING, VERDICTS, in_words
from spatial_mae.files import read_json
from spatial_mae.papers.statements import SOURCES
from spatial_mae.tables.rows import grouped

WORDS = {verdict: several for verdict, (_, _, several) in VERDICTS.items()}


def summary(claims: Sequence[dict]) -> list[str]:
    """Of each paper how many findings have which verdict, and which are decided, with the scale."""
    lines = []
    for paper, group in grouped(claims, lambda claim: SOURCES[claim["source"]]).items():
        lines.append(f"{paper}: {counts(group)}")
        for verdict in DECIDED:
            found = [c for c in group if c["verdict"] == verdict and c["role"] == FINDING]
            by_scale = grouped(found, lambda claim: claim["scale"])
            lines += [
                f"  {_words(verdict, scale)}: {', '.join(claim['id'] for claim in members)}"
                for scale, members in by_scale.items()
            ]
    return lines


def _words(verdict: str, scale: str) -> str:
    return f"{WORDS[verdict]} at {scale}" if scale else WORDS[verdict]


def counts(claims: Sequence[dict]) -> str:
    """`82 findings: 12 hold, 9 hold under conditions, ...; 21 settings: 5 as in the paper`."""
    findings = Counter(claim["verdict"] for claim in claims if claim["role"] == FINDING)
    settings = [claim["verdict"] for claim in claims if claim["role"] == SETTING]
    found = ", ".join(f"{findings[verdict]} {WORDS[verdict]}" for verdict in WORDS)
    text = f"{findings.total()} findings: {found}"
    if not settings:
        return text
    alike = sum(verdict in DECIDED for verdict in settings)
    return f"{text}; {len(settings)} settings: {alike} as in the paper"


def markdown(study: str, claims: Sequence[dict]) -> str:
    """The counts and a table of all claims, in Markdown."""
    head = "| statement | quote | verdict | found | details | evidence | n | data |"
    rows = [_markdown_row(claim) for claim in claims]
    lines = [f"# Claims of the study {study}", "", counts(claims) + ".", "", head, "|---" * 8 + "|"]
    return "\n".join([*lines, *rows]) + "\n"


def _markdown_row(claim: dict) -> str:
    evidence = ", ".join(f"{name} = {value:.4g}" for name, value in claim["evidence"].items())
    n = "" if claim["n"] is None else str(claim["n"])
    verdict = in_words(claim["verdict"], claim["scale"])
    verdict = f"setting: {verdict}" if claim["role"] == SETTING else verdict
    quote = f"“{claim['quote']}”"
    cells = [claim["id"], quote, verdict, claim["sentence"], claim["conditions"], evidence, n]
    return "| " + " | ".join(_cell(text) for text in (*cells, claim["data"])) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The claims of a study in a few lines.")
    parser.add_argument("claims", type=Path, help="claims.json of a study")
    print("\n".join(summary(read_json(parser.parse_args(argv).claims))))


if __name__ == "__main__":
    main()
