"""Letters that the figures' font lacks, as in names of classes: by other fonts, or as codes.

What the font has looks the same on every machine.
"""

import re
from functools import cache

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

FONT = "DejaVu Sans"  # comes with Matplotlib
# Asked in this order for the letters that it lacks, where they are installed.
HELPERS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans JP"),
    *("Noto Sans KR", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Droid Sans Fallback", "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB"),
    *("Yu Gothic", "Malgun Gothic", "Apple SD Gothic Neo", "IPAexGothic", "Noto Sans Devanagari"),
    *("Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Noto Sans Ethiopic"),
    *("Arial Unicode MS", "Noto Emoji"),
)
REMARK = "[U+...]: letters that no font here has; install one, for instance Noto Sans CJK"


def make_legible(figure: Figure, space: float) -> None:
    """Draw letters that FONT lacks by other fonts; name those that none has by their codes.

    A remark about codes is put above the figure's note, for which `space`, in inches, is taken from
    its axes.
    """
    texts = figure.findobj(Text)
    rest = {letter for text in texts for letter in text.get_text()} - letters_of(FONT) - {"\n"}
    if not rest:
        return
    families = [FONT]
    for name in HELPERS:
        if rest & letters_of(name):
            families.append(name)
            rest -= letters_of(name)
    for text in texts:
        text.set_fontfamily(families)
        text.set_text(coded(text.get_text(), rest))
    if rest:
        note, height = figure.texts[0], figure.get_figheight()
        note.set_text(f"{REMARK}\n{note.get_text()}")
        left, bottom, width, high = figure.get_layout_engine().get()["rect"]
        part = space / height
        figure.get_layout_engine().set(rect=(left, bottom + part, width, high - part))


def coded(text: str, letters: set[str]) -> str:
    """`text` with each run of these letters as their codes: `[U+6C49 U+5B57]`."""
    if not letters:
        return text
    runs = re.compile(f"[{re.escape(''.join(sorted(letters)))}]+")
    return runs.sub(lambda run: f"[{' '.join(f'U+{ord(letter):04X}' for letter in run[0])}]", text)


@cache
def letters_of(family: str) -> frozenset[str]:
    """The letters that a font has; none if it is not installed."""
    try:
        path = font_manager.findfont(family, fallback_to_default=False)
    except ValueError:
        return frozenset()
    return frozenset(map(chr, font_manager.get_font(path).get_charmap()))
