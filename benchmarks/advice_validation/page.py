"""docs/advise-validation.md, from its template and the kept grids: no number of it is typed."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.advice_validation.report import Validation

TEMPLATE = "page.md.j2"


def page(folder: Path) -> str:
    """The page as Markdown, from the grids kept in `folder`."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(TEMPLATE).render(**Validation(folder).functions())
