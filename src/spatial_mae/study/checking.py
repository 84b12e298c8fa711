"""Values against a schema: every fault with its place, what is allowed and the nearest name.

Of JSON Schema, what `study.declared` writes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text",
    "null": "null",
    "object": "a mapping",
    "array": "a list",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """A phrase naming the known word nearest to `word`, for error messages."""
    known = sorted(known)
    return f"{hint(word, known)}Known: {', '.join(known)}."


def hint(word: str, known: Iterable[str]) -> str:
    """A question that names the known word nearest to `word`; empty if none is near."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}? " if close else ""


def faults(value: object, schema: Mapping, place: str = "") -> Iterator[str]:
    """What is wrong with `value` and all that it holds, in words, each with its place."""
    if "oneOf" in schema:
        yield from _source_faults(value, schema["oneOf"], place)
    elif "anyOf" in schema:
        if all(any(faults(value, option)) for option in schema["anyOf"]):
            yield _refused(value, schema, place)
    elif isinstance(value, Mapping) and schema.get("type") == "object":
        yield from _object_faults(value, schema, place)
    elif isinstance(value, list) and schema.get("type") == "array":
        yield from _list_faults(value, schema, place)
    elif not _fits(value, schema):
        yield _refused(value, schema, place)


def _source_faults(value: object, options: list[Mapping], place: str) -> Iterator[str]:
    """A data set: its `source` says which of the schemas counts."""
    known = {option["properties"]["source"]["const"]: option for option in options}
    source = value.get("source") if isinstance(value, Mapping) else None
    if isinstance(source, str) and source in known:
        yield from faults(value, known[source], place)
    else:
        yield f"{place}.source: no source is named {source!r}; {nearest(str(source), known)}"


def _object_faults(value: Mapping, schema: Mapping, place: str) -> Iterator[str]:
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    names = schema.get("propertyNames")
    for key in schema.get("required", ()):
        if key not in value:
            meaning = known[key]["description"]
            yield f"{_under(place, key)}: missing; expected {allowed(known[key])}. {meaning}"
    for key, item in value.items():
        where = _under(place, key)
        if key in known:
            yield from faults(item, known[key], where)
        elif rest is False:
            yield f"unknown key {where!r}; {nearest(str(key), known)}"
        elif names and not _fits(key, {"type": "string", **names}):
            yield f"{where}: {key!r} is no name; use small letters, digits and _"
        elif isinstance(rest, Mapping):
            yield from faults(item, rest, where)


def _under(place: str, key: object) -> str:
    return f"{place}.{key}".lstrip(".")


def _list_faults(value: list, schema: Mapping, place: str) -> Iterator[str]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if not least <= len(value) <= most:
        yield _refused(value, schema, place)
    for number, item in enumerate(value):
        yield from faults(item, schema["items"], f"{place}[{number}]")


def _fits(value: object, schema: Mapping) -> bool:
    """Whether a value that holds no others is allowed."""
    if "const" in schema:
        return value == schema["const"]
    if "enum" in schema:
        return any(value == item and type(value) is type(item) for item in schema["enum"])
    return _is_a(value, schema.get("type")) and _in_range(value, schema)


def _is_a(value: object, kind: str | None) -> bool:
    if kind in ("integer", "number"):
        types = int if kind == "integer" else int | float
        return isinstance(value, types) and not isinstance(value, bool)
    classes = {"boolean": bool, "string": str, "null": type(None), "object": Mapping, "array": list}
    return kind is None or isinstance(value, classes[kind])


def _in_range(value: object, schema: Mapping) -> bool:
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    bounds = (
        ("minimum", lambda bound: value >= bound),
        ("maximum", lambda bound: value <= bound),
        ("exclusiveMinimum", lambda bound: value > bound),
        ("exclusiveMaximum", lambda bound: value < bound),
    )
    return all(holds(schema[word]) for word, holds in bounds if word in schema)


def _refused(value: object, schema: Mapping, place: str) -> str:
    names = [name for name in _names(schema) if isinstance(name, str)]
    near = _as_number(value, schema) or hint(value, names) if isinstance(value, str) else ""
    return f"{place}: {value!r} is not allowed; {near}expected {allowed(schema)}"


def _as_number(value: str, schema: Mapping) -> str:
    """How to write a number that YAML reads as text, such as 1e-3; empty if `value` is none."""
    parts = re.fullmatch(r"([-+]?\d[\d_]*)(\.\d*)?[eE]([-+]?)(\d+)", value)
    kinds = {option.get("type") for option in schema.get("anyOf", [schema])}
    if not parts or not kinds & {"integer", "number"}:
        return ""
    number = float(value)
    written = f"{parts[1]}{parts[2] or '.0'}e{parts[3] or '+'}{parts[4]}"
    plain = str(int(number)) if number.is_integer() and abs(number) < 1e9 else written
    return f"YAML reads this as text: write {plain}; "


def _names(schema: Mapping) -> list:
    options = schema.get("anyOf", [schema])
    return [name for option in options for name in option.get("enum", ())]


def allowed(schema: Mapping) -> str:
    """In words, the values that a schema allows, such as `a number above 0, at most 1`."""
    if "anyOf" in schema:
        return " or ".join(allowed(option) for option in schema["anyOf"])
    if "enum" in schema:
        names = [str(item) for item in schema["enum"]]
        return f"one of {', '.join(names)}" if len(names) > 1 else names[0]
    if schema.get("type") == "array":
        return f"a list of {_amount(schema)}{_plural(schema['items'])}"
    return TYPES[schema["type"]] + _range(schema)


def _amount(schema: Mapping) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if most is None:
        return f"{least} or more: " if least else ""
    return f"{most}: " if least == most else f"{least} to {most}: "


def _plural(schema: Mapping) -> str:
    """What is in a list."""
    text = allowed(schema)
    for one, many in (("a whole number", "whole numbers"), ("a number", "numbers")):
        text = re.sub(rf"^{one}", many, text)
    return re.sub("^a mapping", "mappings", re.sub("^one of", "any of", text))


def _range(schema: Mapping) -> str:
    if "examples" in schema:
        return f", such as {schema['examples'][0]}"
    if "pattern" in schema:
        return " of small letters, digits and _"
    words = {
        "minimum": "{:g} or more",
        "exclusiveMinimum": "above {:g}",
        "maximum": "at most {:g}",
        "exclusiveMaximum": "below {:g}",
    }
    parts = [text.format(schema[word]) for word, text in words.items() if word in schema]
    return f", {', '.join(parts)}" if parts else ""
