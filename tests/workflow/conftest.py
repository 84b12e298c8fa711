"""Edits of a copy of the project."""

import pytest


@pytest.fixture
def edit(finished):
    """Replace text in a module of the finished copy for the length of a test."""
    originals = {}

    def replace(module: str, old: str, new: str) -> None:
        path = finished / "src/spatial_mae" / f"{module}.py"
        text = path.read_text()
        originals.setdefault(path, text)
        assert old in text, f"{old!r} is not in {module}"
        path.write_text(text.replace(old, new, 1))

    yield replace
    for path, text in originals.items():
        path.write_text(text)
