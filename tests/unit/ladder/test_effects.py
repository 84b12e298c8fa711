"""Units and words of effects, from the sentences of verdicts."""

from math import log

import pytest

from spatial_mae.claims.engine import PERCENT, PLAIN, POINTS, TIMES
from spatial_mae.ladder import drawing, effects


def rung(identity, estimate, sentence, part=None, **own):
    numbers = {"same_estimate": estimate, "same_low": estimate, "same_high": estimate + 0.01}
    words = {"id": identity, "same_sentence": sentence, "same_part": part, "same_verdict": "fails"}
    return {"epochs": 3} | numbers | words | own


@pytest.mark.parametrize(
    ("identity", "estimate", "said", "unit"),
    [
        ("lp.best", 0.0475, "4.8 points (95% interval 3.3 to 6.5 points).", POINTS),
        ("entropy.patch", 0.151, "15.1% (95% interval 13.7 to 16.7%).", PERCENT),
        ("time.mask", log(1.37), "1.37 times (95% interval 1.24 to 1.59 times).", TIMES),
        ("fig8.adaptive", -0.023, "-0.023 (95% interval -0.187 to 0.137).", PLAIN),
        ("kong.t1.text_conflict", 0.071, "7.1 points (95% interval 5.2 to 9.0 points).", POINTS),
        ("kong.t1.text_conflict", 0.071, "7.1% (95% interval 5.2 to 9.0%).", PERCENT),
    ],
)
def test_an_effect_has_the_unit_and_the_words_of_its_sentence(identity, estimate, said, unit):
    points = [rung(identity, estimate, f"2 of 2 settings as claimed: time saved {said}")]
    assert effects.unit_of(points) == unit
    assert effects.words_of(points, unit) == "time saved"


def test_a_distance_to_a_margin_has_the_judges_unit_and_no_words():
    points = [rung("taylor", 0.076, "One setting: the predicted loss is off by 2.4%.", part=1)]
    assert effects.unit_of(points) == PERCENT
    assert effects.words_of(points, PERCENT) == ""


def test_words_of_another_part_are_not_said():
    points = [
        rung("kong.probe", 0.011, "One setting: the largest step down is -0.1 points.", part=2),
        rung("kong.probe", 0.015, "One setting: accuracy exceeds that by 1.5 points.", part=3),
    ]
    assert effects.unit_of(points) == POINTS
    assert effects.words_of(points, POINTS) == ""
    assert effects.words_of(points[1:], POINTS) == "accuracy exceeds that by"


def test_panels_are_in_the_unit_that_their_axis_names():
    points = [
        rung("lp.best", 0.048, "One setting: accuracy gained 4.8 points."),
        rung("time.mask", log(2), "One setting: time saved 2.00 times.", same_high=log(4)),
    ]
    lines = [
        {"id": row["id"], "settings": "", "word": "too few rungs", "predicted": None}
        for row in points
    ]
    gained, saved = drawing.draw(points, lines).axes[:2]
    assert [axis.get_ylabel() for axis in (gained, saved)] == ["effect (points)", "effect (times)"]
    assert [axis.get_yscale() for axis in (gained, saved)] == ["linear", "log"]
    assert gained.lines[1].get_ydata() == pytest.approx([4.8])
    assert saved.lines[0].get_ydata() == pytest.approx([1, 1])  # no effect
    assert saved.containers[0].lines[2][0].get_segments()[0][:, 1] == pytest.approx([2, 4])
    assert "accuracy gained\ntoo few rungs" in gained.get_title(loc="left")
