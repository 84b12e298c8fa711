"""What a verdict may be."""

import pytest

from spatial_mae.claims.verdict import VERDICTS, Verdict, in_words


def test_there_are_seven_words():
    assert list(VERDICTS) == [
        "holds",
        "holds-under-conditions",
        "fails",
        "inconclusive",
        "too-small",
        "not-run",
        "not-testable",
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("perhaps", ""), "unknown verdict 'perhaps'; allowed: holds"),
        (("holds", " ".join(["word"] * 41)), "41 words, at most 40"),
        (("holds", "", "", {"gap": float("nan")}), "evidence 'gap' is nan; leave it out"),
        (("holds", "", "", {"gap": float("inf")}), "evidence 'gap' is inf"),
    ],
)
def test_bad_verdicts(fields, message):
    with pytest.raises(ValueError, match=message):
        Verdict(*fields)


def test_the_scale_is_in_the_word_where_something_was_found():
    assert in_words("holds", "3 epochs, width 64") == "holds at 3 epochs, width 64"
    assert in_words("not-run", "3 epochs, width 64") == "not run"
    assert in_words("fails") == "fails"
