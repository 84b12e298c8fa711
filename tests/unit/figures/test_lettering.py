"""Names of a user's in figures: every letter is drawn or named, and none starts a formula."""

import logging
import warnings

import pytest
from matplotlib.text import Text

from spatial_mae.figures import class_planes
from spatial_mae.figures.drawing import lettering
from spatial_mae.figures.drawing.style import save

NAMES = ["{x}", "$HOME", "a b", "$a$", "汉字 1", "x^2_3", "100%", "a\\b", "🦊", "a\u3000b\u00a0c"]


@pytest.fixture
def drawn(sample, tmp_path, caplog):
    """Draw the planes of classes with these names, without any complaint; the figure's texts."""

    def draw(names: list[str], pixels: str = "lossless") -> list[Text]:
        rows = sample("embedding_points")
        rows = [
            row | {"class": names[i % len(names)], "pixels": pixels} for i, row in enumerate(rows)
        ]
        with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
            warnings.simplefilter("error")
            figure = class_planes.draw(class_planes.select(rows))
            save(figure, tmp_path / "f.pdf", tmp_path / "f.png")
        assert caplog.text == ""
        return figure.findobj(Text)

    return draw


def test_every_letter_is_drawn_or_named_by_its_code(drawn, monkeypatch):
    monkeypatch.setattr(lettering, "HELPERS", ())
    texts = drawn(NAMES, pixels="$b$ of 汉")
    found = [text.get_text() for text in texts]
    for name in (
        r"\$HOME",
        r"\$a\$",
        "[U+6C49 U+5B57] 1",
        "[U+1F98A]",
        "{x}",
        "a\\b",
        "a[U+3000]b\u00a0c",
    ):
        assert name in found
    note = next(text for text in found if text.startswith(lettering.REMARK))
    assert r"pixels: \$b\$ of [U+6C49]" in note


def test_another_font_of_the_machine_draws_what_ours_lacks(drawn, monkeypatch):
    assert "の" not in lettering.letters_of(lettering.FONT)
    monkeypatch.setattr(lettering, "HELPERS", ("no such font", "STIXGeneral"))
    texts = drawn(["の", "b"])
    (name,) = [text for text in texts if text.get_text() == "の"]
    assert name.get_fontfamily() == [lettering.FONT, "STIXGeneral"]
    assert not any("U+" in text.get_text() for text in texts)


def test_names_that_our_font_has_change_no_font(drawn):
    texts = drawn(["é", "Ж", "λ"])
    assert {tuple(text.get_fontfamily()) for text in texts} == {("sans-serif",)}


def test_a_font_that_is_not_installed_has_no_letters():
    assert lettering.letters_of("no such font") == frozenset()
