"""docs/measurements.md: what can be measured, with its recipes, tables, columns and figures.

`make docs` writes it: `python -m spatial_mae.figures.drawing.documentation docs/measurements.md`.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from spatial_mae.figures.drawing.catalogue import describe, figure_names, in_paper
from spatial_mae.files import write_text
from spatial_mae.study import grid
from spatial_mae.study.cards import Kind
from spatial_mae.study.measurements import FIGURES, KINDS
from spatial_mae.study.page import key_table
from spatial_mae.study.schema import SCHEMA, completed, schema
from spatial_mae.tables.documentation import dictionary, lines_of

PROJECT = SCHEMA.parents[2]
# Where a figure is looked for, in this order: the default study, then overlays.
STUDIES = (
    "config.yaml",
    "workflow/studies/generated.yaml",
    "workflow/studies/kong_cifar.yaml",
    "workflow/studies/kong2023.yaml",
)
HEAD = """# Measurements

An experiment measures one of the kinds on this page. Its table,
`results/{study}/tables/{experiment}.csv`, holds the rows of all its runs as tidy text: one row per
measured number, one column per fact. Kinds are listed by the recipes that they read; `config.yaml`
names recipes under `recipes:`, by family. This page is generated from the code by `make docs`.
"Bisulco" and "Kong" are the [two papers](../README.md).

## Figures

A figure is `results/{study}/figures/{figure}.pdf`, with a bitmap (`.png`) and the plotted numbers
(`.csv`) next to it. It is drawn from the table of one experiment of the study, in 1 to 4 seconds.
Snakemake first computes what is missing.

Each kind of experiment has its usual figures. An experiment can name others of its kind:
`figures: [gabor]`, or `[]` for none. A name may have a second part after a hyphen,
`separability-coupled`: the same figure, drawn from another experiment.
"""


def document(project: Path = PROJECT) -> str:
    """The page, in Markdown. ValueError for a figure that none of STUDIES draws."""
    studies = {name: completed(yaml.safe_load((project / name).read_text())) for name in STUDIES}
    line = "| figure | in the papers | shows | kind | experiment | command |"
    rows = [_row(figure, studies) for figure in sorted(figure_names(), key=_paper_order)]
    families = schema()["properties"]["recipes"]["properties"]
    kinds = [line for name, recipes in families.items() for line in _family(name, recipes)]
    return "\n".join([HEAD, line, "|---" * 6 + "|", *rows, "", *kinds, *dictionary(), ""])


def _family(name: str, recipes: Mapping) -> Iterator[str]:
    """The keys of a recipe, and the kinds of experiment that read such a recipe."""
    recipe = recipes["additionalProperties"]
    about = f"{recipe['description']} {recipes['description']}"
    yield from [f"## Recipes `{name}`", "", about, "", *key_table(recipe)]
    for kind, card in KINDS.items():
        if card.recipe == name:
            yield from [f"### Kind `{kind}`", "", f"Measured by `{card.rule}`.{_lists(card)}", ""]
            yield from lines_of(kind)


def _lists(card: Kind) -> str:
    """The keys of a kind's grids and its figures, as sentences."""
    lists = {"Keys of its grids": card.keys, "Figures": card.figures, "Other figures": card.also}
    texts = {what: ", ".join(f"`{name}`" for name in names) for what, names in lists.items()}
    return "".join(f" {what}: {text}." for what, text in texts.items() if text)


def _paper_order(figure: str) -> tuple:
    """First those of a figure of a paper, in its order, then the rest by name."""
    paper = in_paper(figure)
    numbers = [int(n) for n in "".join(c if c.isdigit() else " " for c in paper).split()]
    return (not paper, "Kong" in paper, "Fig" not in paper, numbers, paper, figure)


def _row(figure: str, studies: dict[str, dict]) -> str:
    for path, study in studies.items():
        experiment = grid.figures(study).get(figure)
        if experiment:
            overlay = "" if path == STUDIES[0] else f" --configfile {path}"
            target = f"results/{study['study']}/figures/{figure}.pdf"
            command = f"`snakemake --cores all {target}{overlay}`"
            title = describe(figure)[0]
            cells = [f"`{figure}`", in_paper(figure), title, f"`{FIGURES[figure]}`"]
            return "| " + " | ".join([*cells, f"`{experiment}`", command]) + " |"
    raise ValueError(
        f"no study draws the figure {figure!r}: add it to an experiment of kind "
        f"{FIGURES[figure]!r} in one of {', '.join(STUDIES)}"
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the page on measurements.")
    parser.add_argument("page", type=Path, help="file to write (.md)")
    write_text(parser.parse_args(argv).page, document())


if __name__ == "__main__":
    main()
