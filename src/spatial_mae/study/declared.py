"""A declaration, a frozen dataclass, as JSON Schema. See `study.keys` for what it says of a key."""

import ast
import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping
from textwrap import dedent

from spatial_mae.study.keys import Images, Length, Pattern, Range, UpTo, UsersOwn

PLAIN = {int: "integer", float: "number", bool: "boolean", str: "string", dict: "object"}
BOUNDS = {
    "least": "minimum",
    "most": "maximum",
    "above": "exclusiveMinimum",
    "below": "exclusiveMaximum",
}


def object_schema(declaration: type) -> dict:
    """The schema of a mapping with the declaration's fields as keys, and no others.

    A field's own docstring becomes `description`, without the square brackets at its end, which
    become `x-papers`. Fields of the class come first, then those of its bases.
    Raises ValueError for a field without docstring.
    """
    hints = typing.get_type_hints(declaration, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(declaration)}
    meanings = _meanings(declaration)
    properties, required = {}, []
    for name in _own_first(declaration, fields):
        if name not in meanings:
            raise ValueError(f"{declaration.__name__}.{name} has no docstring after it")
        properties[name] = _described(type_schema(hints[name]), meanings[name])
        default = fields[name].default
        if default is dataclasses.MISSING:
            required.append(name)
        else:
            properties[name]["default"] = plain(default)
    summary = inspect.getdoc(declaration).partition("\n\n")[0].replace("\n", " ")
    return {
        "type": "object",
        "description": summary,
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


def type_schema(hint: object) -> dict:
    """The schema of a type: plain ones, Literal, tuple, list, unions, Annotated."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        schema = type_schema(arguments[0])
        for note in arguments[1:]:
            schema |= _note(note)
        return schema
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [type_schema(option) for option in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (tuple, list):
        return {"type": "array", "items": type_schema(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": type_schema(arguments[1])}
    if hint is type(None):
        return {"type": "null"}
    if dataclasses.is_dataclass(hint):
        return object_schema(hint)
    return {"type": PLAIN[hint]}


def _note(note: object) -> dict:
    if isinstance(note, Range):
        bounds = {word: getattr(note, name) for name, word in BOUNDS.items()}
        return {word: bound for word, bound in bounds.items() if bound is not None}
    if isinstance(note, Length):
        most = {} if note.most is None else {"maxItems": note.most}
        return {"minItems": note.least, **most}
    if isinstance(note, Pattern):
        return {"pattern": note.text, **({"examples": [note.example]} if note.example else {})}
    if isinstance(note, UsersOwn):
        return {"format": "path"}
    if isinstance(note, Images | UpTo):
        return {}  # what `study.counts` reads
    raise TypeError(f"{note!r} says nothing of a key's values")


def _own_first(declaration: type, fields: Mapping) -> list[str]:
    """The names of the fields, those of the class before those of its bases."""
    names = (name for base in declaration.__mro__ for name in inspect.get_annotations(base))
    return [name for name in dict.fromkeys(names) if name in fields]


def _meanings(declaration: type) -> dict[str, str]:
    """Field -> the docstring after it, in the class or its bases."""
    found: dict[str, str] = {}
    for base in reversed(declaration.__mro__[:-1]):
        (node,) = ast.parse(dedent(inspect.getsource(base))).body
        found |= dict(_pairs(node.body))
    return found


def _pairs(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, text in zip(body, body[1:], strict=False):
        is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if is_text and isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.target.id, " ".join(inspect.cleandoc(text.value.value).split())


def _described(schema: dict, meaning: str) -> dict:
    text, papers = re.fullmatch(r"(.*?)(?:\s*\[([^][]*)\])?", meaning).groups()
    return {"description": text, **schema, **({"x-papers": papers} if papers else {})}


def plain(value: object) -> object:
    """As JSON has it: tuples become lists."""
    return [plain(item) for item in value] if isinstance(value, tuple | list) else value
