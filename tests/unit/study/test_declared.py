"""Declarations become schemas."""

from dataclasses import dataclass
from typing import Literal

import pytest

from spatial_mae.study.declared import object_schema
from spatial_mae.study.keys import Pixels, Positive, Size


@dataclass(frozen=True, kw_only=True)
class Base:
    """Of all."""

    flag: bool = True
    """Whether."""


@dataclass(frozen=True, kw_only=True)
class Example(Base):
    """What it is.

    More of it.
    """

    size: Size
    """Height and
    width. [Kong 8, 8]"""
    pixels: Pixels
    """Places, each [row, column] from 0."""
    rate: Positive | None = None
    """A rate."""
    names: tuple[Literal["a", "b"], ...] = ("a",)
    """Names."""


def test_types_defaults_meanings_and_papers():
    assert object_schema(Example) == {
        "type": "object",
        "description": "What it is.",
        "additionalProperties": False,
        "required": ["size", "pixels"],
        "properties": {
            "size": {
                "description": "Height and width.",
                "type": "array",
                "items": {"type": "integer", "minimum": 1},
                "minItems": 2,
                "maxItems": 2,
                "x-papers": "Kong 8, 8",
            },
            "pixels": {
                "description": "Places, each [row, column] from 0.",
                "type": "array",
                "items": {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 0},
                    "minItems": 2,
                    "maxItems": 2,
                },
                "minItems": 1,
            },
            "rate": {
                "description": "A rate.",
                "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}],
                "default": None,
            },
            "names": {
                "description": "Names.",
                "type": "array",
                "items": {"enum": ["a", "b"]},
                "default": ["a"],
            },
            "flag": {"description": "Whether.", "type": "boolean", "default": True},
        },
    }


def test_own_fields_come_first():
    assert list(object_schema(Example)["properties"])[-1] == "flag"


@dataclass(frozen=True)
class Bare:
    """Nothing."""

    a: int


def test_a_field_without_docstring_is_refused():
    with pytest.raises(ValueError, match="Bare.a has no docstring after it"):
        object_schema(Bare)
