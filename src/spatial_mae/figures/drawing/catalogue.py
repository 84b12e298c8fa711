"""Which figures there are, their titles and captions, and how one is loaded by its name.

A name is a module's, `separability`, or a module's with what sets this one apart from another
drawing of it behind a hyphen, `separability-coupled`.
"""

import ast
import importlib
import inspect
from pathlib import Path
from types import ModuleType

from spatial_mae.study import grid
from spatial_mae.study.checking import nearest

FOLDER = Path(__file__).resolve().parent.parent


def figure_names() -> list[str]:
    """The names of all figures, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def load_figure(name: str) -> ModuleType:
    """The module of the figure `name`; ValueError, naming the nearest, if there is none."""
    return importlib.import_module(f"spatial_mae.figures.{_module(name)}")


def describe(name: str) -> tuple[str, str]:
    """The title and the caption of a figure, read from its module's text without importing it.

    What sets it apart from another drawing of its module ends the title, in brackets.
    """
    text = (FOLDER / f"{_module(name)}.py").read_text(encoding="utf-8")
    title, _, caption = (ast.get_docstring(ast.parse(text)) or "").partition("\n")
    variant = name.partition("-")[2]
    ending = f" ({variant.replace('_', ' ')})" if variant else ""
    return inspect.cleandoc(title).rstrip(".") + ending, inspect.cleandoc(caption)


def in_paper(name: str) -> str:
    """What a figure answers in the papers, `Bisulco Fig. 7`, "" for nothing: its module's IN_PAPER.

    Read from the module's text without importing it. ValueError if the module does not say.
    """
    path = FOLDER / f"{_module(name)}.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "IN_PAPER":
            return ast.literal_eval(node.value)
    raise ValueError(f'{path} must say IN_PAPER = "...", the figure of the papers that it answers')


def _module(name: str) -> str:
    module = grid.drawing(name)
    if module not in figure_names():
        raise ValueError(f"no figure is called {module!r}; {nearest(module, figure_names())}")
    return module
