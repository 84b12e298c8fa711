"""Effects over the budget: lines of known slope, and where they are not followed."""

import numpy as np
import pytest

from spatial_mae.claims.verdict import HOLDS
from spatial_mae.ladder import trends as ladder

EPOCHS = [3, 10, 30, 100]


def line(slope, start=0.1):
    return [start + slope * np.log10(e) for e in EPOCHS]


@pytest.mark.parametrize(
    ("slope", "word"), [(0.05, ladder.STRENGTHENS), (-0.05, ladder.FADES), (0.0, ladder.LEVEL)]
)
def test_a_line_is_found_and_followed(slope, word):
    found = ladder.trend(EPOCHS, line(slope), [0.005] * 4)
    assert found.word == word and found.reason == ""
    assert found.per_tenfold == pytest.approx(slope, abs=1e-12)
    assert found.predicted == pytest.approx(0.1 + slope * np.log10(2000), abs=1e-12)
    assert found.predicted_low < found.predicted < found.predicted_high


def test_the_interval_at_the_papers_epochs_covers_the_truth():
    rng = np.random.default_rng(0)
    truth = 0.1 + 0.02 * np.log10(2000)
    covered = told = 0
    for _ in range(400):
        noisy = np.array(line(0.02)) + 0.01 * rng.standard_normal(4)
        found = ladder.trend(EPOCHS, noisy, [0.01] * 4)
        if found.predicted is not None:
            told += 1
            covered += found.predicted_low <= truth <= found.predicted_high
    assert told > 350 and covered / told > 0.93


@pytest.mark.parametrize(
    ("epochs", "estimates", "reason"),
    [
        (EPOCHS[:3], line(0.05)[:3], "3 rungs"),
        (EPOCHS, [0.1, 0.3, 0.1, 0.3], "not on a line"),
        ([3, 4, 5, 6], [0.1] * 4, "too far beyond"),
        ([3], [0.1], "rungs with an estimate: 1"),
    ],
)
def test_what_cannot_be_told_is_not_told(epochs, estimates, reason):
    found = ladder.trend(epochs, estimates, [0.005] * len(epochs))
    assert found.predicted is None and reason in found.reason


def test_a_line_that_misses_its_points_has_a_wider_slope():
    straight = ladder.trend(EPOCHS, line(0.05), [0.005] * 4)
    crooked = ladder.trend(EPOCHS, np.add(line(0.05), [0.02, -0.03, 0.03, -0.02]), [0.005] * 4)
    assert crooked.high - crooked.low > 2 * (straight.high - straight.low)


def test_the_rows_of_a_rung_are_its_networks_and_what_no_network_made():
    tables = {"evaluation": [{"training": "a"}, {"training": "b"}, {"training": None}]}
    tables["losses"] = [{"value": 1}]
    found = ladder.rung_tables(tables, "a")
    assert found["evaluation"] == [{"training": "a"}, {"training": None}]
    assert found["losses"] == [{"value": 1}]


def judged(tables):
    """A statement whose effect is the largest value, and one that no network decides."""
    value = max(row["value"] for row in tables["evaluation"])
    claim = {"id": "x", "source": "001", "quote": "q", "role": "finding", "scale": "3 epochs"}
    claim |= {"verdict": HOLDS, "sentence": f"{value:.3f}"}
    evidence = {"estimate": value, "low": value - 0.02, "high": value + 0.02}
    untrained = {**claim, "id": "theory", "scale": "", "evidence": {}}
    return [claim | {"evidence": evidence}, untrained]


def test_each_rung_is_judged_by_itself_and_one_without_rows_is_left_out(monkeypatch):
    monkeypatch.setattr(ladder, "judge_all", judged)
    rows = [{"training": f"e{e}", "value": v} for e, v in zip(EPOCHS, line(0.05), strict=True)]
    budgets = {f"e{e}": e for e in (*EPOCHS, 300)}
    found = ladder.judge_rungs({"evaluation": rows}, budgets)
    assert [(row["id"], row["epochs"]) for row in found] == [("x", e) for e in EPOCHS]
    (trend,) = ladder.trends(found)
    assert trend["word"] == ladder.STRENGTHENS
    assert trend["verdicts"] == "3: holds; 10: holds; 30: holds; 100: holds"
    assert "| x | q |" in ladder.markdown([trend])


def test_a_rung_with_other_settings_makes_no_trend(monkeypatch):
    """The effect is larger at patch 2, which one rung alone has: the budget changes nothing."""
    monkeypatch.setattr(ladder, "judge_all", judged)
    rows = [{"training": f"e{e}", "patch": 4, "value": 0.1} for e in EPOCHS]
    rows += [{"training": "e3", "patch": 2, "value": 0.3}]
    found = ladder.judge_rungs({"evaluation": rows}, {f"e{e}": e for e in EPOCHS})
    assert [row["estimate"] for row in found] == [0.3, 0.1, 0.1, 0.1]
    assert [row["same_estimate"] for row in found] == [0.1] * 4
    assert found[0]["sentence"] == "0.300" and found[0]["same_sentence"] == "0.100"
    (trend,) = ladder.trends(found)
    assert trend["word"] == ladder.LEVEL and trend["per_tenfold"] == pytest.approx(0, abs=1e-12)


def test_a_statement_that_one_rung_decides_has_no_trend(monkeypatch):
    def only_at_patch_2(tables):
        claims = judged(tables)
        decided = any(row["patch"] == 2 for row in tables["evaluation"])
        return claims if decided else [{**claim, "scale": ""} for claim in claims]

    monkeypatch.setattr(ladder, "judge_all", only_at_patch_2)
    rows = [{"training": f"e{e}", "patch": 4, "value": 0.1} for e in EPOCHS]
    rows += [{"training": "e3", "patch": 2, "value": 0.3}]
    found = ladder.judge_rungs({"evaluation": rows}, {f"e{e}": e for e in EPOCHS})
    assert [row["epochs"] for row in found] == [3]
    (trend,) = ladder.trends(found)
    assert (trend["verdicts"], trend["word"]) == ("3: holds (other settings)", ladder.FEW)


def test_kinds_share_settings_by_themselves():
    """A rung whose Jacobians are not there yet takes nothing from the others'."""
    rungs = {
        "a": {"evaluation": [{"training": "a", "patch": p} for p in (2, 4)], "losses": [{"k": 1}]},
        "b": {"evaluation": [{"training": "b", "patch": 4}]},
    }
    rungs["a"]["jacobian"] = [{"training": "a", "patch": 2}]
    found = ladder.shared(rungs)
    assert found["a"]["evaluation"] == [{"training": "a", "patch": 4}]
    assert found["a"]["jacobian"] == rungs["a"]["jacobian"]
    assert found["a"]["losses"] == [{"k": 1}] and found["b"] == rungs["b"]
