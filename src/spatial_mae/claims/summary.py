"""A short summary of the claims: five lines for a terminal, a table in Markdown.

`python -m spatial_mae.claims.summary results/quick/claims.json` prints the lines.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN, VERDICTS
from spatial_mae.files import read_json
from spatial_mae.papers.statements import statements

WORDS = {verdict: several for verdict, (_, _, several) in VERDICTS.items()}


def summary(claims: Sequence[dict]) -> list[str]:
    """Five lines: how many of each verdict; which hold, hold conditionally, fail, are left out."""
    named = [_names(claims, verdict) for verdict in (HOLDS, CONDITIONAL, FAILS)]
    return [counts(claims), *named, _left_out(claims)]


def counts(claims: Sequence[dict]) -> str:
    """`90 statements: 12 hold, 9 hold under conditions, ...`"""
    parts = [f"{len(_of(claims, verdict))} {word}" for verdict, word in WORDS.items()]
    return f"{len(claims)} statements: {', '.join(parts)}"


def _of(claims: Sequence[dict], verdict: str) -> list[dict]:
    return [claim for claim in claims if claim["verdict"] == verdict]


def _names(claims: Sequence[dict], verdict: str) -> str:
    names = ", ".join(claim["id"] for claim in _of(claims, verdict)) or "none"
    return f"{WORDS[verdict]}: {names}"


def _left_out(claims: Sequence[dict]) -> str:
    """How many are not run, and which of them more or other tables would decide."""
    rest = _of(claims, NOT_RUN)
    beyond = {statement["id"] for statement in statements() if "undecided" in statement}
    open_ = [claim["id"] for claim in rest if claim["id"] not in beyond]
    return f"not run: {len(rest)}; tables missing for: {', '.join(open_) or 'none'}"


def markdown(study: str, claims: Sequence[dict]) -> str:
    """The summary line and a table of all claims, in Markdown."""
    head = "| statement | quote | verdict | conditions | evidence | n | data |"
    rows = [_markdown_row(claim) for claim in claims]
    lines = [f"# Claims of the study {study}", "", counts(claims) + ".", "", head, "|---" * 7 + "|"]
    return "\n".join([*lines, *rows]) + "\n"


def _markdown_row(claim: dict) -> str:
    evidence = ", ".join(f"{name} = {value:.4g}" for name, value in claim["evidence"].items())
    n = "" if claim["n"] is None else str(claim["n"])
    quote = f"“{claim['quote']}”"
    cells = [claim["id"], quote, claim["verdict"], claim["conditions"], evidence, n, claim["data"]]
    return "| " + " | ".join(_cell(text) for text in cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The claims of a study in five lines.")
    parser.add_argument("claims", type=Path, help="claims.json of a study")
    print("\n".join(summary(read_json(parser.parse_args(argv).claims))))


if __name__ == "__main__":
    main()
