"""What stands on a drawn figure, and rows of its table."""


def small_print(figure) -> str:
    """The small print in one line."""
    return " ".join(" ".join(text.get_text() for text in figure.texts).split())


def legends(figure) -> list[str]:
    found = [*figure.legends, *(axis.get_legend() for axis in figure.axes)]
    return [text.get_text() for legend in found if legend for text in legend.get_texts()]


def titles(figure) -> list[str]:
    """Of the panels, without their letters."""
    named = [axis.get_title(loc="left") for axis in figure.axes]
    return [name.partition("$  ")[2] for name in named if name]


def cells(rows, **wanted):
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
