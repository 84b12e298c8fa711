"""The papers' statements and the project's own, read from the one file that holds them."""

import json
from importlib.resources import files

OWN = "own"  # the source of statements that no paper makes
# Source of a statement -> the paper's text it is quoted from.
SOURCES = {
    "000": "Bisulco et al. 2025, poster",
    "001": "Bisulco et al. 2025",
    "002": "Bisulco et al. 2025",
    "003": "Kong et al. 2023",
    OWN: "this project, not the papers",
}


def statements() -> list[dict]:
    """All statements, in order.

    Each is a dict of id, source (one of `SOURCES`), quote, numbers (name -> what is printed, if
    anything is) and needs, what deciding it takes: `cpu` (no trained network), `train` (trained
    networks), `reported` (the paper's own scale) or `note`, a remark that predicts nothing.
    `undecided` says why no judge in `claims` decides it, and is there only then. `minimum` is there
    where the statement itself speaks of a scale: column of tables -> the least number with which a
    row counts, and `why`.
    """
    text = files("spatial_mae.papers").joinpath("statements.json").read_text(encoding="utf-8")
    return json.loads(text)
