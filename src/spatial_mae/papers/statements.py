"""The papers' statements, read from the one file that holds them."""

import json
from importlib.resources import files


def statements() -> list[dict]:
    """All statements, in order: id, seed (which source), quote, numbers, kind."""
    text = files("spatial_mae.papers").joinpath("statements.json").read_text(encoding="utf-8")
    return json.loads(text)
