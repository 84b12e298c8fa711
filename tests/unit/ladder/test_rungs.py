"""Verdicts rung by rung, and the settings that rungs share."""

import numpy as np
import pytest

from spatial_mae.claims.verdict import HOLDS
from spatial_mae.ladder import drawing, rungs, trends

EPOCHS = [3, 10, 30, 100]
VALUES = [0.1 + 0.05 * np.log10(e) for e in EPOCHS]


def test_the_rows_of_a_rung_are_its_networks_and_what_no_network_made():
    tables = {"evaluation": [{"training": "a"}, {"training": "b"}, {"training": None}]}
    tables["losses"] = [{"value": 1}]
    found = rungs.rung_tables(tables, "a")
    assert found["evaluation"] == [{"training": "a"}, {"training": None}]
    assert found["losses"] == [{"value": 1}]


def judged(tables):
    """A statement whose effect is the largest value, and one that no network decides."""
    value = max(row["value"] for row in tables["evaluation"])
    claim = {
        "id": "kong.probe",
        "source": "001",
        "quote": "q",
        "role": "finding",
        "scale": "3 epochs",
    }
    claim |= {"verdict": HOLDS, "sentence": f"{value:.3f}"}
    evidence = {"estimate": value, "low": value - 0.02, "high": value + 0.02}
    untrained = {**claim, "id": "T1", "scale": "", "evidence": {}}
    return [claim | {"evidence": evidence}, untrained]


def test_each_rung_is_judged_by_itself_and_one_without_rows_is_left_out(monkeypatch):
    monkeypatch.setattr(rungs, "judge_all", judged)
    rows = [{"training": f"e{e}", "value": v} for e, v in zip(EPOCHS, VALUES, strict=True)]
    budgets = {f"e{e}": e for e in (*EPOCHS, 300)}
    found = rungs.judge_rungs({"evaluation": rows}, budgets)
    assert [(row["id"], row["epochs"]) for row in found] == [("kong.probe", e) for e in EPOCHS]
    (trend,) = trends.trends(found)
    assert trend["word"] == trends.STRENGTHENS
    assert trend["verdicts"] == "3: holds; 10: holds; 30: holds; 100: holds"
    assert "| kong.probe | q | all |" in trends.markdown([trend])


def test_a_rung_with_other_settings_makes_no_trend(monkeypatch):
    """The effect is larger at patch 2, which one rung alone has: the budget changes nothing."""
    monkeypatch.setattr(rungs, "judge_all", judged)
    rows = [{"training": f"e{e}", "patch": 4, "value": 0.1} for e in EPOCHS]
    rows += [{"training": "e3", "patch": 2, "value": 0.3}]
    found = rungs.judge_rungs({"evaluation": rows}, {f"e{e}": e for e in EPOCHS})
    assert [row["estimate"] for row in found] == [0.3, 0.1, 0.1, 0.1]
    assert [row["same_estimate"] for row in found] == [0.1] * 4
    assert found[0]["sentence"] == "0.300" and found[0]["same_sentence"] == "0.100"
    (trend,) = trends.trends(found)
    assert trend["word"] == trends.LEVEL and trend["per_tenfold"] == pytest.approx(0, abs=1e-12)
    assert trend["settings"] == "patch size 4"


def test_a_rung_that_is_not_complete_takes_no_settings_from_the_others(monkeypatch):
    """A statement that needs two patch sizes: the last rung has one so far."""

    def needs_two(tables):
        claims = judged(tables)
        told = len({row["patch"] for row in tables["evaluation"]}) > 1
        return claims if told else [{**claim, "scale": ""} for claim in claims]

    monkeypatch.setattr(rungs, "judge_all", needs_two)
    values = dict(zip(EPOCHS, VALUES, strict=True))
    rows = [
        {"training": f"e{e}", "patch": patch, "value": values[e] + (patch == 2)}
        for e in EPOCHS
        for patch in (2, 4, 8)
        if not (patch == 2 and e == 30) and not (patch != 8 and e == 100)
    ]
    found = rungs.judge_rungs({"evaluation": rows}, {f"e{e}": e for e in EPOCHS})
    (trend,) = trends.trends(found)
    assert trend["n_rungs"] == 3 and trend["word"] == trends.STRENGTHENS
    assert trend["settings"] == "patch size 4, 8"
    assert trend["per_tenfold"] == pytest.approx(0.05, abs=1e-12)


def test_rungs_that_different_parts_decide_have_no_trend(monkeypatch):
    """Its estimates are then two quantities: a line through them says nothing."""

    def in_parts(tables):
        claims = judged(tables)
        (epochs,) = {row["training"] for row in tables["evaluation"]}
        part = 2 if epochs == "e30" else 1
        return [c | {"evidence": c["evidence"] | {"part": part}} for c in claims]

    monkeypatch.setattr(rungs, "judge_all", in_parts)
    values = dict(zip(EPOCHS, VALUES, strict=True))
    rows = [{"training": f"e{e}", "patch": 4, "value": values[e]} for e in EPOCHS]
    found = rungs.judge_rungs({"evaluation": rows}, {f"e{e}": e for e in EPOCHS})
    (trend,) = trends.trends(found)
    assert (trend["word"], trend["per_tenfold"]) == (trends.UNLIKE, None)
    assert "part 2 decides at 30 epochs" in trend["reason"]
    (axis,) = (axis for axis in drawing.draw(found, [trend]).axes if axis.lines)
    assert [text.get_text() for text in axis.texts] == ["1", "1", "2", "1"]


def test_a_statement_that_one_rung_decides_has_no_trend(monkeypatch):
    def only_at_patch_2(tables):
        claims = judged(tables)
        decided = any(row["patch"] == 2 for row in tables["evaluation"])
        return claims if decided else [{**claim, "scale": ""} for claim in claims]

    monkeypatch.setattr(rungs, "judge_all", only_at_patch_2)
    rows = [{"training": f"e{e}", "patch": 4, "value": 0.1} for e in EPOCHS]
    rows += [{"training": "e3", "patch": 2, "value": 0.3}]
    found = rungs.judge_rungs({"evaluation": rows}, {f"e{e}": e for e in EPOCHS})
    assert [row["epochs"] for row in found] == [3]
    (trend,) = trends.trends(found)
    assert (trend["verdicts"], trend["word"]) == ("3: holds (other settings)", trends.FEW)


def test_kinds_share_settings_by_themselves():
    """A rung whose Jacobians are not there yet takes nothing from the others'."""
    tables = {
        "a": {"evaluation": [{"training": "a", "patch": p} for p in (2, 4)], "losses": [{"k": 1}]},
        "b": {"evaluation": [{"training": "b", "patch": 4}]},
    }
    tables["a"]["jacobian"] = [{"training": "a", "patch": 2}]
    found = rungs.shared(tables)
    assert found["a"]["evaluation"] == [{"training": "a", "patch": 4}]
    assert found["a"]["jacobian"] == tables["a"]["jacobian"]
    assert found["a"]["losses"] == [{"k": 1}] and found["b"] == tables["b"]
