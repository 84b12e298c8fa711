"""The fields of the papers' statements."""

import re

import pytest

from spatial_mae.papers.statements import SOURCES, statements
from spatial_mae.tables.column import NUMBER, WHOLE
from spatial_mae.tables.columns import COLUMNS

BROKEN = re.compile(r"[a-z]- |-$|\d[a-z]{3}")  # words as the text of a PDF breaks or joins them
FIELDS = {"id", "source", "quote", "needs"}
OPTIONAL = {"numbers", "undecided", "minimum"}
NEEDS = {"cpu", "train", "reported", "note"}
ALL = {statement["id"]: statement for statement in statements()}
WITH_MINIMUM = [identity for identity, statement in ALL.items() if "minimum" in statement]


def test_all_statements_are_there_once():
    assert len(ALL) == len(statements())


@pytest.mark.parametrize("identity", ALL)
def test_fields(identity):
    statement = ALL[identity]
    assert set(statement) >= FIELDS
    assert set(statement) <= FIELDS | OPTIONAL
    assert statement["source"] in SOURCES
    assert statement["needs"] in NEEDS
    assert statement["quote"].strip()
    assert not BROKEN.search(statement["quote"])
    assert statement.get("numbers", {"a": 1})
    assert statement.get("undecided", "a reason").strip()


@pytest.mark.parametrize("identity", WITH_MINIMUM)
def test_a_minimum_names_columns_of_numbers_and_says_why(identity):
    statement = ALL[identity]
    least = dict(statement["minimum"])
    assert least.pop("why").strip()
    assert "undecided" not in statement
    assert least
    for name, number in least.items():
        assert COLUMNS[name].type in (WHOLE, NUMBER)
        assert number > 0


def test_which_statements_speak_of_a_scale():
    assert WITH_MINIMUM == ["sup.20lt12", "lp.1500"]
