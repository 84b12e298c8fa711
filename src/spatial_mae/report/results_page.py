"""docs/results.md and the pictures of docs, from the kept studies of docs/archives.

    python -m spatial_mae.report.results_page docs              # the page and the pictures
    python -m spatial_mae.report.results_page docs --no-pictures

The page is docs/archives/results.md.j2 with its numbers filled in: `spatial_mae.report.kept` has
the functions that it calls. docs/archives/pictures.yaml says which picture is drawn from which
tables.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from spatial_mae.files import write_text
from spatial_mae.report.kept import Kept
from spatial_mae.report.kept_pictures import redraw

TEMPLATE = "results.md.j2"


def page(archives: Path) -> str:
    """The page as Markdown. Raises ValueError or FileNotFoundError for what no archive holds."""
    return filled(archives / TEMPLATE, Kept(archives).functions())


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
    return environment.get_template(template.name).render(**functions)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("docs", type=Path, help="the folder of the pages")
    parser.add_argument("--no-pictures", action="store_true", help="write the page alone")
    given = parser.parse_args(argv)
    archives = given.docs / "archives"
    write_text(given.docs / "results.md", page(archives))
    if not given.no_pictures:
        redraw(archives, given.docs / "images")


if __name__ == "__main__":
    main()
