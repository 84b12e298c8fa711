"""docs/statements.md: every statement, how it is judged, and the smallest effect that matters.

`make docs` writes it: `python -m spatial_mae.report.statements_page docs/statements.md`.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from spatial_mae.claims.engine import Contrast
from spatial_mae.claims.judging import JUDGES
from spatial_mae.claims.registry import Judge
from spatial_mae.claims.verdict import SETTING
from spatial_mae.files import write_text
from spatial_mae.papers.statements import SOURCES, statements
from spatial_mae.report.kept_cells import cell, markdown
from spatial_mae.tables.columns import label

HEAD = """# Statements

What the papers state, what this project adds, and how each is judged. [Verdicts](verdicts.md) says
how a number becomes a word. *Effect*: what is measured, and the smallest size of it that matters,
with the reason; where a judge weighs several effects, one of them; nothing where numbers are exact.
A *setting* says only that a study ran at the paper's numbers. *Needs*: kinds of experiment
([measurements](measurements.md)). This page is generated from the code by `make docs`.
"""
COLUMNS = ("statement", "quote", "how it is judged", "needs")


def document() -> str:
    """The page, in Markdown."""
    return "\n".join(_lines(statements())).rstrip("\n") + "\n"


def _lines(found: Sequence[Mapping]) -> Iterator[str]:
    yield HEAD
    for paper in dict.fromkeys(SOURCES.values()):
        own = [one for one in found if SOURCES[one["source"]] == paper]
        if own:
            yield from (f"## {paper[0].upper()}{paper[1:]}", "")
            yield from (markdown(COLUMNS, [_line(one) for one in own]), "")


def _line(statement: Mapping) -> list[str]:
    judge = JUDGES.get(statement["id"])
    if judge is None:
        how, needs = statement["undecided"], ""
    else:
        how, needs = judge.rule + _effect(judge), _needs(judge)
    least = statement.get("minimum")
    if least:
        scale = " and ".join(f"{label(name)} {least[name]:g}" for name in least if name != "why")
        how += f" Only from {scale} on: {least['why']}."
    return [f"`{statement['id']}`", *map(cell, (statement["quote"], how, needs))]


def _effect(judge: Judge) -> str:
    if judge.contrast is not None:
        return f" *Effect:* {smallest(judge.contrast)}."
    return " *Setting.*" if judge.role == SETTING else ""


def smallest(contrast: Contrast) -> str:
    """The effect that a contrast measures, with the smallest size that matters and why."""
    unit, margin = contrast.unit, contrast.shape.margin
    if contrast.least > 0:
        size = f"{unit(contrast.least)} or more"
    else:
        size = f"within {unit(margin)}" if margin > 0 else f"at least {unit(-margin)}"
    between = "" if contrast.says.endswith((" by", ":")) else ":"
    return f"{contrast.says}{between} {size} ({contrast.why})"


def _needs(judge: Judge) -> str:
    return (" or " if judge.either else ", ").join(judge.kinds)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("page", type=Path, help="where the page is written")
    write_text(parser.parse_args(argv).page, document())


if __name__ == "__main__":
    main()
