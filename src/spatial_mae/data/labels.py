"""The labels of a data set: its classes, and what a class is made of, such as texture and layout.

Only classes are stored with the images. The manifest says of each factor its value in every class.
"""

from collections.abc import Mapping, Sequence

import numpy as np

CLASS = "class"
"""The label that every data set with classes has; others are its factors."""


def class_names(manifest: Mapping, label: str = CLASS) -> list[str]:
    """The names that a label takes, in order: those of the classes, or of one of their factors.

    Raises ValueError naming the labels there are, if `label` is none of them.
    """
    return list(dict.fromkeys(_values(manifest, label)))


def of_classes(manifest: Mapping, label: str) -> np.ndarray:
    """The label of each class, as a position in `class_names`: int64 (classes,). Raises as it."""
    names = class_names(manifest, label)
    return np.array([names.index(name) for name in _values(manifest, label)])


def known_labels(manifest: Mapping) -> list[str]:
    """What a probe can be asked for on this data set; nothing without classes."""
    return [CLASS, *(manifest.get("factors") or {})] if manifest["classes"] else []


def check_factors(factors: Mapping[str, Sequence[str]], classes: Sequence[str]) -> None:
    """Raise ValueError unless each factor has a value for every class, and a name of its own."""
    for name, values in factors.items():
        if name == CLASS or len(values) != len(classes):
            raise ValueError(
                f"factor {name!r} with {len(values)} values: expected a name for each of "
                f"{len(classes)} classes, and another factor than {CLASS!r}"
            )


def _values(manifest: Mapping, label: str) -> Sequence[str]:
    if label not in known_labels(manifest):
        raise ValueError(
            f"data set {manifest['dataset']!r} has no label {label!r} (it has: "
            f"{', '.join(known_labels(manifest)) or 'none'}); name one of them under labels"
        )
    return manifest["classes"] if label == CLASS else manifest["factors"][label]
