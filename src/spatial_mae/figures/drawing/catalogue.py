"""Which figures there are, their titles and captions, and how one is loaded by its name."""

import ast
import importlib
import inspect
from pathlib import Path
from types import ModuleType

from spatial_mae.recipes import nearest

FOLDER = Path(__file__).resolve().parent.parent


def figure_names() -> list[str]:
    """The names of all figures, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def load_figure(name: str) -> ModuleType:
    """The module of the figure `name`; ValueError, naming the nearest, if there is none."""
    _check(name)
    return importlib.import_module(f"spatial_mae.figures.{name}")


def describe(name: str) -> tuple[str, str]:
    """The title and the caption of a figure, read from its module's text without importing it."""
    _check(name)
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    title, _, caption = (ast.get_docstring(ast.parse(text)) or "").partition("\n")
    return inspect.cleandoc(title).rstrip("."), inspect.cleandoc(caption)


def _check(name: str) -> None:
    if name not in figure_names():
        raise ValueError(f"no figure is called {name!r}; {nearest(name, figure_names())}")
