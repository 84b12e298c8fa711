"""Every statement gets a claim, in order, and none is invented."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import spatial_mae
from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.registry import JUDGES, judge, judge_statement
from spatial_mae.claims.verdict import NOT_RUN, NOT_TESTABLE
from spatial_mae.papers.statements import SOURCES, statements
from spatial_mae.study.measurements import KINDS

NOTES = {statement["id"] for statement in statements() if statement["needs"] == "note"}
KEYS = ["id", "source", "quote", "verdict", "conditions", "evidence", "n", "data", "figure"]


def test_all_statements_are_there_once():
    identities = [statement["id"] for statement in statements()]
    assert len(identities) == len(set(identities))


def test_each_statement_has_a_judge_or_says_why_not_and_no_judge_is_left_over():
    judged = {statement["id"] for statement in statements() if "undecided" not in statement}
    assert set(JUDGES) == judged


def test_each_statement_is_of_a_known_source():
    assert {statement["source"] for statement in statements()} <= set(SOURCES)


def test_a_statement_without_a_judge_must_say_why():
    new = {"id": "new", "needs": "cpu"}
    with pytest.raises(ValueError, match="'new' has no judge: write one in claims/, or say why"):
        judge_statement(new, {})
    found = judge_statement(new | {"undecided": "too large"}, {})
    assert (found.verdict, found.conditions) == (NOT_RUN, "too large")


@pytest.mark.parametrize("identity", sorted(JUDGES))
def test_judges_name_known_kinds(identity):
    assert JUDGES[identity].kinds or identity in NOTES
    assert set(JUDGES[identity].kinds) <= set(KINDS)


@pytest.mark.parametrize("name", sorted({j.figure for j in JUDGES.values() if j.figure}))
def test_judges_name_known_figures(name):
    assert (Path(spatial_mae.__file__).parent / "figures" / f"{name}.py").is_file()


def test_without_tables_nothing_is_run():
    claims = judge_all({})
    assert [claim["id"] for claim in claims] == [statement["id"] for statement in statements()]
    assert all(list(claim) == KEYS for claim in claims)
    for claim, statement in zip(claims, statements(), strict=True):
        expected = NOT_TESTABLE if statement["id"] in NOTES else NOT_RUN
        assert claim["verdict"] == expected
        assert claim["conditions"]
        assert claim["evidence"] == {}


@pytest.mark.parametrize("identity", sorted(set(JUDGES) - NOTES))
def test_a_missing_experiment_is_named(identity):
    (claim,) = [claim for claim in judge_all({}) if claim["id"] == identity]
    assert JUDGES[identity].kinds[0] in claim["conditions"]


def test_two_judges_for_one_statement_are_refused():
    with pytest.raises(ValueError, match="'T1' has two judges"):
        judge("T1", kinds=("lemmas",))(lambda tables: None)


def test_judging_needs_neither_torch_nor_matplotlib():
    code = (
        "import json, sys; from spatial_mae.claims import judging;"
        "print(json.dumps([m for m in ('torch', 'matplotlib') if m in sys.modules]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == []
