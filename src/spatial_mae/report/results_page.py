"""The pages of docs with measured numbers, and the pictures, from the studies of docs/archives.

    python -m spatial_mae.report.results_page docs              # the pages and the pictures
    python -m spatial_mae.report.results_page docs --no-pictures
    python -m spatial_mae.report.results_page docs --judge      # first the verdicts in the archives

docs/NAME.md is docs/archives/NAME.md.j2 with its numbers filled in: `spatial_mae.report.kept` has
the functions that templates call. docs/archives/pictures.yaml says which picture is drawn from
which tables.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from spatial_mae.files import write_text
from spatial_mae.report.kept import Kept
from spatial_mae.report.kept_pictures import redraw
from spatial_mae.sharing.keeping import judge_again

SUFFIX = ".md.j2"
UNBROKEN = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"  # a number stays on one line with its error


def pages(archives: Path) -> dict[str, str]:
    """Name of each page -> its Markdown.

    Raises ValueError or FileNotFoundError for what no archive holds.
    """
    functions = Kept(archives).functions()
    templates = sorted(archives.glob(f"*{SUFFIX}"))
    return {path.name.removesuffix(SUFFIX): filled(path, functions) for path in templates}


def filled(template: Path, functions: Mapping[str, Callable]) -> str:
    """A template of Markdown with what its calls of `functions` (by name) return."""
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=False,  # Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    text = environment.get_template(template.name).render(**functions)
    return text.replace(" ± ", UNBROKEN)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("docs", type=Path, help="the folder of the pages")
    parser.add_argument("--no-pictures", action="store_true", help="write the pages alone")
    parser.add_argument("--judge", action="store_true", help="first judge the kept tables again")
    given = parser.parse_args(argv)
    archives = given.docs / "archives"
    if given.judge:
        print(f"verdicts renewed: {', '.join(judge_again(archives)) or 'none'}")
    for name, text in pages(archives).items():
        write_text(given.docs / f"{name}.md", text)
    if not given.no_pictures:
        redraw(archives, given.docs / "images")


if __name__ == "__main__":
    main()
