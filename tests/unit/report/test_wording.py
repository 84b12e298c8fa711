import pytest

from spatial_mae.report.wording import brief, capital, duration, plain, split_first


@pytest.mark.parametrize(
    ("text", "first", "rest"),
    [
        ("One. Two. Three.", "One.", "Two. Three."),
        ("Answers Fig. 3 of Bisulco et al. (2025). More\nof it.", None, "More\nof it."),
        ("Tests App. E and Eq. A of Kong et al. And so on.", None, ""),
        ("Margin: 10.0% (valid). Settings: m 0.1.", "Margin: 10.0% (valid).", "Settings: m 0.1."),
        ("", "", ""),
    ],
)
def test_the_first_sentence(text, first, rest):
    expected = text.removesuffix(rest).strip() if first is None else first
    assert split_first(text) == (expected, rest)


def test_a_short_first_sentence_takes_the_next_one_along():
    assert split_first("One. Two. Three.", shortest=6) == ("One. Two.", "Three.")


def test_formulas_are_plain():
    assert plain(r"$$R(\Delta x) = 1/N \sum_x f(x)$$") == "R(Δx) = 1/N ∑_x f(x)"
    assert plain(r"at 4 $\times$ speed") == "at 4 × speed"


def test_capital():
    assert capital("holds at width B") == "Holds at width B"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "yes"), (64, "64"), (60000, "60,000"), (0.123456, "0.1235"), ("a", "a")],
)
def test_brief(value, text):
    assert brief(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.34, "12.3 s"), (245, "4 min 5 s"), (7800, "2 h 10 min")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text
