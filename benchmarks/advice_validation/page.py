"""docs/advise-validation.md, from its template and the kept grids."""

from pathlib import Path

from benchmarks.advice_validation.report import Validation
from spatial_mae.report.results_page import filled

TEMPLATE = Path(__file__).with_name("page.md.j2")


def page(folder: Path) -> str:
    """The page as Markdown, from the grids kept in `folder`."""
    every = {f"all_{name}": call for name, call in Validation(folder, True).functions().items()}
    return filled(TEMPLATE, Validation(folder).functions() | every)
