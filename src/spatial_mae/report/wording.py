"""Text as the report shows it: sentences, numbers, times, formulas."""

import re

# A capital after a full stop starts a sentence, but not after these.
SENTENCE = re.compile(r"(?<!App\.)(?<!al\.)(?<!Eq\.)(?<=\.)\s+(?=[A-Z])")
SYMBOLS = {r"\Delta ": "Δ", r"\sum": "∑", r"\times": "×", "$": ""}
SHORTEST = 60  # characters: a shorter first sentence says too little by itself


def split_first(text: str, shortest: int = 0) -> tuple[str, str]:
    """The first sentence of a text, or more, up to `shortest` characters at least; and the rest."""
    sentences = SENTENCE.split(text.strip())
    first = sentences.pop(0)
    while sentences and len(first) < shortest:
        first += f" {sentences.pop(0)}"
    return " ".join(first.split()), " ".join(sentences)


def plain(text: str) -> str:
    """A quotation with its few TeX symbols as characters."""
    for symbol, character in SYMBOLS.items():
        text = text.replace(symbol, character)
    return text


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def brief(value: object) -> str:
    """A cell's text: numbers to four digits, whole numbers in groups of three, nothing for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration(seconds: float) -> str:
    """12.3 s, 4 min 5 s, 2 h 10 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def mebibytes(n_bytes: float) -> str:
    return f"{n_bytes / 2**20:,.0f} MiB"
