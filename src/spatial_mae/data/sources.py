"""Finding a source by its name: a module of this room with a card, see `data.source`.

A new source is a new module, nothing else. Sources are imported when asked for, so that the code
behind one data set does not include the others.
"""

import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType

from spatial_mae.study.checking import nearest

ROOM = "spatial_mae.data"


def find_source(name: str) -> ModuleType:
    """The module of the source `name`. Raises ValueError naming the nearest known source."""
    if name in _modules():
        module = import_module(f"{ROOM}.{name}")
        if hasattr(module, "SOURCE"):
            return module
    raise ValueError(f"unknown source {name!r}; {nearest(name, source_names())}")


def source_names() -> list[str]:
    """The names of all sources, in alphabetical order. Imports every module of the room."""
    return [m for m in _modules() if hasattr(import_module(f"{ROOM}.{m}"), "SOURCE")]


def _modules() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
