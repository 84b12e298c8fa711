"""The code of this package's modules: what counts in a fingerprint, and what each imports.

Reading a module means parsing it. What was found is kept in its folder's `__pycache__`, as Python
keeps its compiled code, and taken again as long as the text is the same.
"""

import ast
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
NAME = PACKAGE.name


@dataclass(frozen=True)
class Code:
    """A module without comments, docstrings and layout, as a hash, and all that it imports.

    imports: (module or package of ours, without the package's name; the names taken from it).
    """

    digest: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def code_of(module: str) -> Code:
    """The code of a module, named without the package.

    Raises FileNotFoundError if there is none, ValueError if it has a relative import.
    """
    path = PACKAGE.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not path.is_file():
        raise FileNotFoundError(f"no module {NAME}.{module}: expected {path}")
    text = path.read_bytes()
    key = hashlib.sha256(_reader() + text).hexdigest()
    kept = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.code.json"
    return _read(kept, key) or _write(kept, key, _parsed(text, path))


@cache
def imported_by(module: str) -> tuple[str, ...]:
    """The modules of ours that a module imports, anywhere in its text."""
    found = []
    for base, names in code_of(module).imports:
        taken = [f"{base}.{name}".lstrip(".") for name in names]
        modules = [name for name in taken if _is_module(name)]
        found += modules + ([base] if base and (not names or len(modules) < len(names)) else [])
    return tuple(found)


def forget() -> None:
    """Read all modules again, of a package that changed since."""
    for kept in (code_of, imported_by, _is_module):
        kept.cache_clear()


@cache
def _is_module(name: str) -> bool:
    path = PACKAGE.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def _reader() -> bytes:
    """The text of this module: another one may read code otherwise."""
    return Path(__file__).read_bytes()


def _read(kept: Path, key: str) -> Code | None:
    try:
        content = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    imports = tuple((base, tuple(names)) for base, names in content["imports"])
    return Code(content["digest"], imports) if content["key"] == key else None


def _write(kept: Path, key: str, code: Code) -> Code:
    """Keep what was found; where nothing can be written, modules are parsed each time."""
    temporary = kept.with_suffix(f".{os.getpid()}.tmp")
    content = {"key": key, "digest": code.digest, "imports": code.imports}
    try:
        kept.parent.mkdir(exist_ok=True)
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(kept)
    except OSError:
        pass
    return code


def _parsed(text: bytes, path: Path) -> Code:
    tree = ast.parse(text)
    imports: list[tuple[str, tuple[str, ...]]] = []
    for node in ast.walk(tree):
        imports += _imports(node, path)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [item for item in node.body if not _is_text(item)] or [ast.Pass()]
    code = ast.unparse(tree)
    return Code(hashlib.sha256(code.encode()).hexdigest(), tuple(imports))


def _imports(node: ast.AST, path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a statement imports of this package."""
    if isinstance(node, ast.Import):
        names = (alias.name for alias in node.names)
        yield from ((n.partition(".")[2], ()) for n in names if n.startswith(f"{NAME}."))
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            raise ValueError(f"{path}: relative import; write `from {NAME}.x import y`")
        if node.module == NAME or (node.module or "").startswith(f"{NAME}."):
            yield node.module.partition(".")[2], tuple(alias.name for alias in node.names)


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring: of a module, class or function, or after a field."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
