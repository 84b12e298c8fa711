"""Every statement gets a claim, in order, and none is invented."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import spatial_mae
from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.registry import JUDGES, judge
from spatial_mae.claims.verdict import NOT_RUN, NOT_TESTABLE
from spatial_mae.papers.statements import statements
from spatial_mae.study.measurements import KINDS

KEYS = ["id", "seed", "quote", "verdict", "conditions", "evidence", "n", "data", "figure"]


def test_all_statements_are_there_once():
    identities = [statement["id"] for statement in statements()]
    assert len(identities) == len(set(identities)) == 103


# Of the first paper: numbers of networks not trained here.
WITHOUT_JUDGE = {"imagenet.epochs"}
# Of the second: hours on TPUs.
WITHOUT_JUDGE |= {"kong.tpu"}


def test_every_testable_statement_of_the_papers_has_a_judge():
    wanted = {
        statement["id"]
        for statement in statements()
        if statement["kind"] != "note" and statement["seed"] in ("000", "001", "003")
    }
    assert wanted - WITHOUT_JUDGE == set(JUDGES)


@pytest.mark.parametrize("identity", sorted(JUDGES))
def test_judges_name_known_kinds(identity):
    assert JUDGES[identity].kinds
    assert set(JUDGES[identity].kinds) <= set(KINDS)


@pytest.mark.parametrize("name", sorted({j.figure for j in JUDGES.values() if j.figure}))
def test_judges_name_known_figures(name):
    assert (Path(spatial_mae.__file__).parent / "figures" / f"{name}.py").is_file()


def test_without_tables_nothing_is_run():
    claims = judge_all({})
    assert [claim["id"] for claim in claims] == [statement["id"] for statement in statements()]
    assert all(list(claim) == KEYS for claim in claims)
    for claim, statement in zip(claims, statements(), strict=True):
        expected = NOT_TESTABLE if statement["kind"] == "note" else NOT_RUN
        assert claim["verdict"] == expected
        assert claim["conditions"]
        assert claim["evidence"] == {}


@pytest.mark.parametrize("identity", sorted(JUDGES))
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
