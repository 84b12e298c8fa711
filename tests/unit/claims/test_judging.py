"""Every statement gets a claim, in order, and none is invented."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import spatial_mae
from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.registry import JUDGES, judge
from spatial_mae.claims.verdict import (
    FINDING,
    INCONCLUSIVE,
    NOT_RUN,
    NOT_TESTABLE,
    SETTING,
    TOO_SMALL,
)
from spatial_mae.papers.statements import statements
from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.kinds import columns_of

STATEMENTS = {statement["id"]: statement for statement in statements()}
NOTES = {identity for identity, statement in STATEMENTS.items() if statement["needs"] == "note"}
SETTINGS = {identity for identity, judge in JUDGES.items() if judge.role == SETTING}
KEYS = ["id", "source", "quote", "verdict", "scale", "role", "sentence", "conditions"]
KEYS += ["evidence", "n", "data", "figure"]


def claims_of(tables):
    return {claim["id"]: claim for claim in judge_all(tables)}


def test_each_statement_has_a_judge_or_says_why_not_and_no_judge_is_left_over():
    judged = {name for name, statement in STATEMENTS.items() if "undecided" not in statement}
    assert set(JUDGES) == judged


@pytest.mark.parametrize("identity", sorted(JUDGES))
def test_judges_name_known_kinds(identity):
    assert JUDGES[identity].kinds or identity in NOTES
    assert set(JUDGES[identity].kinds) <= set(KINDS)


@pytest.mark.parametrize("name", sorted({j.figure for j in JUDGES.values() if j.figure}))
def test_judges_name_known_figures(name):
    assert (Path(spatial_mae.__file__).parent / "figures" / f"{name}.py").is_file()


@pytest.mark.parametrize("identity", [n for n in STATEMENTS if "minimum" in STATEMENTS[n]])
def test_a_least_scale_is_in_the_tables_of_its_judge(identity):
    least = set(STATEMENTS[identity]["minimum"]) - {"why"}
    assert JUDGES[identity].kinds
    assert all(least <= set(columns_of(kind)) for kind in JUDGES[identity].kinds)


def test_without_tables_nothing_is_run():
    claims = judge_all({})
    assert [claim["id"] for claim in claims] == list(STATEMENTS)
    assert all(list(claim) == KEYS for claim in claims)
    for claim in claims:
        expected = NOT_TESTABLE if claim["id"] in NOTES else NOT_RUN
        assert claim["verdict"] == expected
        assert claim["role"] == (SETTING if claim["id"] in SETTINGS else FINDING)
        assert claim["sentence"]
        assert claim["evidence"] == {}


@pytest.mark.parametrize("identity", sorted(set(JUDGES) - NOTES))
def test_a_missing_experiment_is_named(identity):
    assert JUDGES[identity].kinds[0] in claims_of({})[identity]["sentence"]


def test_settings_are_not_findings(probe):
    found = claims_of({"evaluation": [probe(0.5)]})
    assert {name for name, claim in found.items() if claim["role"] == SETTING} == SETTINGS
    assert {"train.2000", "ising.dims", "psd.20", "depth.32", "kong.cue"} <= SETTINGS
    assert "lp.best" not in SETTINGS


@pytest.fixture
def evaluation(probe, repeated):
    """Probes whose accuracy rises late, and over mask ratios, of three seeds."""

    def rows(**others):
        made = [
            probe(0.4 + 0.1 * mask + 0.01 * epoch / 500, mask=mask, epoch=epoch, **others)
            for mask in (0.25, 0.75)
            for epoch in (1000, 1500, 2000)
        ]
        return repeated(made, noise=0.001)

    return rows


def test_a_late_rise_is_judged_of_runs_that_reach_the_epochs_it_speaks_of(evaluation):
    found = claims_of({"evaluation": evaluation(epochs=2000)})["lp.1500"]
    assert (found["verdict"], found["scale"]) == ("holds", "2000 epochs, width 48")
    short = [{**r, "epoch": r["epoch"] / 500, "epochs": 4} for r in evaluation(epochs=2000)]
    found = claims_of({"evaluation": short})["lp.1500"]
    assert found["verdict"] == TOO_SMALL
    assert found["sentence"].startswith("epochs 4 of 2000: the statement speaks of epochs after")


def test_one_judge_that_raises_leaves_the_others_be(evaluation, monkeypatch, capsys):
    def breaks(tables):
        raise KeyError("enc")

    monkeypatch.delitem(JUDGES, "lp.best")
    judge("lp.best", kinds=("evaluation",))(breaks)
    found = claims_of({"evaluation": evaluation(epochs=2000)})
    assert len(found) == len(STATEMENTS)
    assert found["lp.best"]["verdict"] == INCONCLUSIVE
    assert found["lp.best"]["sentence"] == "Cannot be judged: KeyError in its judge."
    assert found["lp.1500"]["verdict"] == "holds"
    assert "lp.best: KeyError('enc')" in capsys.readouterr().err


def test_an_accuracy_that_is_none_leaves_its_statement_open(evaluation):
    rows = evaluation(epochs=2000)
    rows[-1]["value"] = float("nan")
    found = claims_of({"evaluation": rows})["lp.1500"]
    assert found["verdict"] == INCONCLUSIVE
    assert "value is nan in 1 of" in found["sentence"]


def test_one_row_decides_nothing_and_breaks_nothing(probe, tuning, jacobian, capsys):
    rows = {"fine_tuning": tuning(0.5), "supervised": tuning(0.5, enc=12)}
    rows |= {"evaluation": probe(0.5), "robustness": probe(0.5, shifted="own", n_images=9)}
    found = claims_of({kind: [row] for kind, row in rows.items()})
    assert len(found) == len(STATEMENTS)
    assert capsys.readouterr().err == ""
    decided = {name for name, c in found.items() if c["verdict"] in ("holds", "fails")}
    assert decided <= SETTINGS


def test_judging_needs_neither_torch_nor_matplotlib():
    code = (
        "import json, sys; from spatial_mae.claims import judging;"
        "print(json.dumps([m for m in ('torch', 'matplotlib') if m in sys.modules]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == []
