"""Several claims as one, conditions with many words, and noise that is not known."""

from dataclasses import replace

import pytest

from spatial_mae.claims import conclusion
from spatial_mae.claims.conclusion import conclude
from spatial_mae.claims.engine import Combined, Contrast, Evidence
from spatial_mae.claims.nearness import Alike
from spatial_mae.claims.noise import known_error, own_error
from spatial_mae.claims.shapes import Above, Mean, named
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    MOST_WORDS,
    Undecidable,
)

HIGH = Contrast(Mean(), (), "height", least=0.1, why="seen", repeat=None)
WIDE = replace(HIGH, column="spread", says="width")


def rows(*values, **others):
    """Exact rows of height and width, patch by patch."""
    return [
        {"patch": patch, "value": height, "spread": width, **others}
        for patch, (height, width) in enumerate(values, start=1)
    ]


def both(table, every=True):
    return conclude(Combined([Evidence(table, HIGH), Evidence(table, WIDE)], every))


@pytest.mark.parametrize(
    ("height", "width", "word", "says"),
    [(1, 2, HOLDS, "height"), (-1, 2, FAILS, "height"), (1, -2, FAILS, "width")],
)
def test_the_sentence_speaks_of_the_part_that_decides(height, width, word, says):
    found = both(rows((height, width)))
    assert (found.word, says in found.sentence) == (word, True)


@pytest.mark.parametrize(
    ("height", "width", "word", "says"),
    [(1, -2, HOLDS, "height"), (-1, 2, HOLDS, "width"), (-1, -2, FAILS, "height")],
)
def test_one_of_several_choices_is_enough(height, width, word, says):
    found = both(rows((height, width)), every=False)
    assert (found.word, says in found.sentence) == (word, True)


@pytest.mark.parametrize("height", [1, -1])
def test_an_interval_that_leaves_out_an_effect_does_not_call_it_possible(monkeypatch, height):
    """Nothing is shown at so strict a level, though the interval is far from no effect."""
    monkeypatch.setattr(conclusion, "LEVEL", -1.0)
    found = both(rows((height, height)))
    assert found.word == INCONCLUSIVE
    assert found.sentence.endswith("; with all that is tested at once this may be chance.")


def test_settings_that_verdicts_do_not_tell_apart_are_all_weighed():
    """The perplexity of t-SNE is one: the second setting denies, whichever comes first."""
    table = [*rows((1, 1), perplexity=20), *rows((-1, -1), perplexity=30)]
    for own in (table, table[::-1]):
        assert Combined([Evidence(own, HIGH), Evidence(own, WIDE)]).weigh([0, 1]).estimate == 0
        assert both(own).word == conclude(Evidence(own, HIGH)).word == INCONCLUSIVE


def test_a_condition_names_either_part():
    found = both(rows((1, 2), (1, -2)))
    assert found.word == CONDITIONAL
    assert found.sentence == "patch size 1: height 100.0 points; patch size 2: width -200.0 points."


def test_a_condition_with_too_many_words_is_counted():
    table = [
        {**row, "graph": f"a graph of many words with patch {row['patch']}", "patch": None}
        for row in rows((1, 2), (1, 2), (1, 2), (-1, 2), (-1, 2))
    ]
    found = both(table)
    assert found.word == CONDITIONAL
    assert found.sentence == (
        "3 values of graph as claimed, 2 not: height 100.0 points and -100.0 points."
    )
    assert len(found.sentence.split()) <= MOST_WORDS


def test_settings_that_no_axes_separate_are_said():
    values = [(a, b, c) for a in (1, 2) for b in (1, 2) for c in (1, 2)]
    table = [
        {"patch": a, "unit": b, "enc": c, "value": -1.0 if a == b == c == 2 else 9.0}
        for a, b, c in values
    ]
    found = conclude(Evidence(table, HIGH))
    assert found.word == INCONCLUSIVE
    assert found.sentence.endswith("1 deny it, 7 affirm it, and no axes separate them.")


def test_means_that_differ_by_less_than_their_noise_show_no_nearness():
    """Standard errors that all cells share are too large for differences: they prove nothing."""
    near = Contrast(
        Alike(0.02), ("patch",), "range", 0.0, "two points", repeat=None, error=own_error
    )
    table = rows((0.5, 0), (0.5001, 0), (0.5002, 0), standard_error=0.05)
    assert conclude(Evidence(table, near)).word == INCONCLUSIVE
    certain = [{**row, "standard_error": 0.001} for row in table]
    assert conclude(Evidence(certain, near)).word == HOLDS


@pytest.mark.parametrize(("error", "text"), [(None, "nan"), (float("nan"), "nan")])
def test_noise_that_is_not_known_is_not_none(error, text):
    contrast = replace(HIGH, error=known_error)
    with pytest.raises(Undecidable, match=f"the standard error is {text} in 1 of 1 rows"):
        Evidence(rows((1, 2), standard_error=error), contrast)


def test_a_control_alone_is_no_setting_and_may_be_the_same_for_all_seeds():
    contrast = Contrast(
        Above(named("network"), named("linear")), ("source",), "gain", least=0.1, why="seen"
    )
    measured = [
        {"patch": patch, "source": source, "seed": seed, "value": value + seed * noise}
        for patch, source, value, noise in (
            (4, "network", 1.0, 0.01),
            (4, "linear", 0.0, 0.0),
            (8, "linear", 0.0, 0.0),
        )
        for seed in range(3)
    ]
    evidence = Evidence(measured, contrast)
    assert [one["patch"] for one in evidence.where] == [4]
    assert conclude(evidence).word == HOLDS
