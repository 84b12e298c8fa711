"""Numbers of images that a recipe asks for, fitted to a data set that has fewer."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import TypeVar

from spatial_mae.study.keys import Images, UpTo

T = TypeVar("T")
LEAST = 2  # images of a share: fewer have no moments


def number_of(n: object, n_images: int) -> int:
    """How many of `n_images` a value of the key `n` is: a number, a share such as 25%, or all.

    Raises ValueError for anything else.
    """
    text = str(n)
    if text == "all":
        return n_images
    if text.isdecimal():
        return int(text)
    if text.endswith("%") and text[:-1].isdecimal() and 0 < int(text[:-1]) < 100:
        return min(n_images, max(LEAST, round(n_images * int(text[:-1]) / 100)))
    raise ValueError(f'n {text!r} must be a number of images, a share such as 25%, or "all"')


def n_held_out(n: int, share: float) -> int:
    """How many of `n` images are held out; at least one stays on each side.

    Raises ValueError for fewer than two images.
    """
    if n < 2:
        raise ValueError(f"{n} images: none can be held out; bring at least 2")
    return min(max(1, round(n * share)), n - 1)


def fitted(recipe: T, n_images: Mapping[str, int]) -> tuple[T, list[str]]:
    """The recipe with no more images than there are, and a sentence for each key that changed.

    n_images: of the splits train and test. Raises ValueError, by the recipe's own check, if it
    cannot do with so few.
    """
    values = {field.name: getattr(recipe, field.name) for field in dataclasses.fields(recipe)}
    n_images = left(n_images, values.get("held_out") or 0)
    notes = _notes(type(recipe))
    changed, remarks = {}, []
    for key, note in sorted(notes.items(), key=lambda one: isinstance(one[1], UpTo)):
        most, what = _most(note, notes, values, n_images)
        if isinstance(values[key], int) and values[key] > most:
            remarks.append(f"{key}: {values[key]} asked for, {what}: {most} taken")
            values[key] = changed[key] = most
    return (dataclasses.replace(recipe, **changed) if changed else recipe), remarks


def left(n_images: Mapping[str, int], held_out: float) -> Mapping[str, int]:
    """Images of each split where a share of the training images takes the test images' place."""
    if not held_out:
        return n_images
    n_held = n_held_out(n_images["train"], held_out)
    return {"train": n_images["train"] - n_held, "test": n_held}


def _most(
    note: Images | UpTo, notes: Mapping, values: Mapping, n_images: Mapping[str, int]
) -> tuple[int, str]:
    """The largest value that can be had, and what limits it."""
    if isinstance(note, UpTo):
        if values[note.key] is not None:
            return values[note.key], f"{note.key} is {values[note.key]}"
        note = notes[note.key]
    split = values["split"] if note.split == "split" else note.split
    return n_images[split], f"the data set has {n_images[split]} {split} images"


def _notes(declaration: type) -> dict[str, Images | UpTo]:
    """Field -> what limits it, of the fields that are limited."""
    hints = typing.get_type_hints(declaration, include_extras=True)
    found = {
        name: [
            note for note in getattr(hint, "__metadata__", ()) if isinstance(note, Images | UpTo)
        ]
        for name, hint in hints.items()
    }
    return {name: notes[0] for name, notes in found.items() if notes}
