"""One statement judged: by its judge, or with the reason why not; nothing is raised."""

import pytest

from spatial_mae.claims.registry import judge, judge_statement
from spatial_mae.claims.verdict import (
    FINDING,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    NOT_TESTABLE,
    SETTING,
    TOO_SMALL,
    Undecidable,
    Verdict,
)

TABLES = {"evaluation": [{"epochs": 10, "enc": 4, "value": 0.5}, {"epochs": 2000, "enc": 12}]}


@pytest.fixture
def made(monkeypatch):
    """Register a judge for the statement `made`; returns the tables that it was called with."""

    def register(decide, kinds=("evaluation",), **options):
        seen = []

        def called(tables):
            seen.append(tables)
            return decide(tables)

        monkeypatch.setattr("spatial_mae.claims.registry.JUDGES", {})
        judge("made", kinds=kinds, **options)(called)
        return seen

    return register


def holds(tables):
    return Verdict(HOLDS, "as claimed")


def raises(error):
    def decide(tables):
        raise error

    return decide


def judged(tables=TABLES, **fields):
    return judge_statement({"id": "made", **fields}, tables)


def test_a_statement_without_a_judge_must_say_why():
    new = {"id": "new", "needs": "cpu"}
    with pytest.raises(ValueError, match="'new' has no judge: write one in claims/, or say why"):
        judge_statement(new, {})
    found = judge_statement(new | {"undecided": "too large"}, {})
    assert (found.verdict, found.sentence) == (NOT_RUN, "too large")
    found = judge_statement(new | {"undecided": "a remark", "needs": "note"}, {})
    assert found.verdict == NOT_TESTABLE


def test_two_judges_for_one_statement_are_refused(made):
    made(holds)
    with pytest.raises(ValueError, match="'made' has two judges"):
        judge("made", kinds=("lemmas",))(holds)


@pytest.mark.parametrize("role", [FINDING, SETTING])
def test_a_missing_experiment_is_named_in_the_judge_s_role(made, role):
    seen = made(holds, kinds=("evaluation", "robustness"), role=role)
    found = judged()
    assert (found.verdict, found.role, seen) == (NOT_RUN, role, [])
    assert found.sentence == "The study has no experiment of kind robustness: add one."
    assert "evaluation and robustness" in judged({"evaluation": []}).sentence


def test_one_of_two_kinds_is_enough(made):
    made(holds, kinds=("unmasked", "evaluation"), either=True)
    assert judged().verdict == HOLDS
    assert judged(minimum={"epochs": 100, "why": "it says so"}).verdict == HOLDS
    assert "unmasked or evaluation" in judged({}).sentence


@pytest.mark.parametrize("role", [FINDING, SETTING])
@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Undecidable("value is nan in 1 of 6 rows"), "value is nan in 1 of 6 rows."),
        (KeyError("enc"), "KeyError in its judge."),
        (ZeroDivisionError(), "ZeroDivisionError in its judge."),
        (ValueError("evidence 'gap' is nan"), "ValueError in its judge."),
    ],
)
def test_a_judge_that_breaks_leaves_its_statement_open(made, capsys, error, sentence, role):
    made(raises(error), role=role)
    found = judged()
    assert (found.verdict, found.role) == (INCONCLUSIVE, role)
    assert found.sentence == f"Cannot be judged: {sentence}"
    assert ("made: " in capsys.readouterr().err) == ("in its judge" in sentence)


def test_a_long_reason_is_cut(made):
    made(raises(Undecidable("word " * 60)))
    assert len(judged().sentence.split()) == 40


def test_rows_below_the_scale_of_the_statement_are_left_out(made):
    seen = made(holds)
    assert judged(minimum={"epochs": 1500, "why": "it says so"}).verdict == HOLDS
    assert [row["epochs"] for row in seen[-1]["evaluation"]] == [2000]
    judged()
    assert seen[-1] == TABLES


def test_rows_without_the_column_are_kept(made):
    seen = made(holds)
    rows = [*TABLES["evaluation"], {"representation": "pca", "epochs": None}, {"value": 1}]
    judged({"evaluation": rows, "losses": []}, minimum={"epochs": 1500, "why": "it says so"})
    assert len(seen[-1]["evaluation"]) == 3
    assert seen[-1]["losses"] == []


@pytest.mark.parametrize("role", [FINDING, SETTING])
def test_without_rows_of_the_scale_the_study_is_too_small(made, role):
    seen = made(holds, role=role)
    found = judged(minimum={"epochs": 3000, "enc": 4, "why": "it says so"})
    assert (found.verdict, found.role, seen) == (TOO_SMALL, role, [])
    assert found.sentence == "epochs 2000 of 3000: it says so."
    assert judged(minimum={"epochs": 3000, "patch": 4, "why": "so"}).verdict == TOO_SMALL


def test_a_scale_that_is_no_number_raises_nothing(made):
    made(holds)
    minimum = {"epochs": 1500, "why": "it says so"}
    assert judged({"evaluation": [{"epochs": "many"}]}, minimum=minimum).verdict == INCONCLUSIVE
    found = judged({"evaluation": [{"epochs": float("nan")}]}, minimum=minimum)
    assert (found.verdict, found.sentence) == (TOO_SMALL, "epochs nan of 1500: it says so.")
