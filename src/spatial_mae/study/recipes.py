"""Recipes: the hyperparameters of a stage as a frozen dataclass, read from JSON.

Each stage defines its own dataclass next to the code that reads it; this module holds what they
share, so that a new stage's recipe reruns no other stage.
"""

import dataclasses
import json
import types
import typing
from difflib import get_close_matches

T = typing.TypeVar("T")


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """A phrase naming the known word nearest to `word`, for error messages."""
    known = sorted(known)
    return f"{hint(word, known)}Known: {', '.join(known)}."


def hint(word: str, known: typing.Iterable[str]) -> str:
    """A question that names the known word nearest to `word`; empty if none is near."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}? " if close else ""


def load(recipe: type[T], text: str) -> T:
    """Build the frozen dataclass `recipe` from a JSON object.

    Raises ValueError if the text is not an object, a key is unknown (the nearest known one is
    named), a field without default is missing, or a value has the wrong type. JSON lists become
    tuples.
    """
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError(f"{recipe.__name__}: expected a JSON object, got {text!r}")
    fields = {field.name: field for field in dataclasses.fields(recipe)}
    for key in values:
        if key not in fields:
            raise ValueError(f"{recipe.__name__}: unknown key {key!r}; {nearest(key, fields)}")
    required = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    if missing := sorted(required - set(values)):
        raise ValueError(f"{recipe.__name__}: missing {', '.join(missing)}; add it to the recipe")
    hints = typing.get_type_hints(recipe)
    return recipe(**{k: _checked(recipe, k, v, hints[k]) for k, v in values.items()})


def _checked(recipe: type, key: str, value: object, expected: object) -> object:
    value = tuple(value) if isinstance(value, list) else value
    if not _fits(value, expected):
        near = hint(value, _names(expected)) if isinstance(value, str) else ""
        text = f"{recipe.__name__}.{key}: {value!r} is not of type {expected}. {near}"
        raise ValueError(text.rstrip())
    return float(value) if expected is float else value


def _names(expected: object) -> list[str]:
    """The words among the values of a type."""
    options = typing.get_args(expected)
    if typing.get_origin(expected) is typing.Literal:
        return [word for word in options if isinstance(word, str)]
    return [word for option in options for word in _names(option)]


def _fits(value: object, expected: object) -> bool:
    origin = typing.get_origin(expected)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, option) for option in typing.get_args(expected))
    if origin is typing.Literal:
        return value in typing.get_args(expected)
    if origin is tuple:
        element = typing.get_args(expected)[0]
        return isinstance(value, tuple) and all(_fits(item, element) for item in value)
    if origin in (list, dict):
        return isinstance(value, origin)
    if expected is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, expected)
