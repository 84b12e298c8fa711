"""Finding a source by its name: a module of this room with a recipe and a function `prepare`.

    prepare(recipe, root: Path | None, archive: Path | None, rng) -> Prepared

A new source is a new module, nothing else. Sources are imported when asked for, so that the code
behind one data set does not include the others.
"""

import pkgutil
import typing
from importlib import import_module
from pathlib import Path
from types import ModuleType

from spatial_mae.study.recipes import nearest

ROOM = "spatial_mae.data"


def find_source(name: str) -> ModuleType:
    """The module of the source `name`. Raises ValueError naming the nearest known source."""
    modules = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])}
    if name in modules:
        module = import_module(f"{ROOM}.{name}")
        if hasattr(module, "prepare"):
            return module
    known = [m for m in sorted(modules) if hasattr(import_module(f"{ROOM}.{m}"), "prepare")]
    raise ValueError(f"unknown source {name!r}; {nearest(name, known)}")


def recipe_type(source: ModuleType) -> type:
    """The dataclass of the source's recipe, as its `prepare` declares it."""
    return typing.get_type_hints(source.prepare)["recipe"]
