"""Config files as text: what a loader of YAML or JSON passes over in silence is refused."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> dict:
    """The mapping in a config file. Raises FileNotFoundError; ValueError if there is none in it,
    or if a key is given twice."""
    refuse_repeated_keys([path])
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no config: expected a mapping")
    return content


def refuse_repeated_keys(paths: Iterable[str | Path]) -> None:
    """Raise ValueError naming each key that a mapping of these files gives twice, and its lines.

    A loader would take the last one and drop the others. What is no YAML is left to its loader.
    """
    problems = [f"{path}: {fault}" for path in dict.fromkeys(paths) for fault in _faults(path)]
    if problems:
        raise ValueError(
            "a config file gives keys twice:\n" + "\n".join(f"  - {p}" for p in problems)
        )


def _faults(path: str | Path) -> list[str]:
    try:
        tree = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=LOADER)
    except (yaml.YAMLError, UnicodeDecodeError):
        return []
    return list(dict.fromkeys(_repeated(tree))) if tree else []


def _repeated(node: yaml.Node, place: str = "") -> Iterator[str]:
    """Keys given twice in a node and all below it, with their places and lines."""
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _repeated(item, f"{place}[{number}]")
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            here, line = f"{place}.{key.value}".lstrip("."), key.start_mark.line + 1
            if key.tag != "tag:yaml.org,2002:merge" and key.value in lines:
                yield f"{here!r} in lines {lines[key.value]} and {line}; keep one"
            lines[key.value] = line
            yield from _repeated(value, here)
