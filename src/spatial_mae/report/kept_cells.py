"""Cells of the tables of docs/results.md: numbers, words and rows as Markdown."""

from collections.abc import Mapping, Sequence
from statistics import median

from spatial_mae.claims.verdict import DECIDED, FAILS, INCONCLUSIVE, NOT_RUN, in_words
from spatial_mae.files import Row


def said_at(row: Row) -> str:
    """What a rung of a ladder finds; in settings that rungs share too, where it has others."""
    own, same = (
        f"*{in_words(row[f'{which}verdict'])}*: {row[f'{which}sentence']}"
        for which in ("", "same_")
    )
    if row["same_verdict"] == NOT_RUN or row["same_sentence"] == row["sentence"]:
        return own
    if row["verdict"] == NOT_RUN:
        return f"in settings that budgets share ({row['settings'] or 'all'}), {same}"
    return f"{own} In settings that budgets share ({row['settings'] or 'all'}), {same}"


def markdown(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table of text."""
    table = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    return "\n".join([*table, *("| " + " | ".join(line) + " |" for line in lines)])


def decimal(number: float, digits: int) -> str:
    """With that many decimal digits, and no minus before zero."""
    return f"{round(number, digits) + 0.0:.{digits}f}"


def only_value(rows: Sequence[Row], column: str, digits: int, where: Mapping) -> str:
    """The one number of a column, with decimal digits; ValueError for none or several."""
    found = {decimal(row[column], digits) for row in rows if row.get(column) is not None}
    if len(found) != 1:
        raise ValueError(f"{len(found)} values of {column} where {where}: name more columns")
    return found.pop()


def whole(value: object) -> str:
    """A count with commas; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def median_and_lowest(rows: Sequence[Row]) -> str:
    """Of rank correlations: the median, then the lowest with its standard error."""
    lowest = min(rows, key=lambda row: row["rank_correlation"])
    middle = median(row["rank_correlation"] for row in rows)
    error = lowest["standard_error"]
    return f"{middle:.2f}, {lowest['rank_correlation']:.2f} ± {error:.2f}"


def word(claim: Mapping) -> str:
    """The verdict on what needs no network; empty where the study says nothing of it."""
    if claim["scale"] or claim["verdict"] not in (*DECIDED, INCONCLUSIVE):
        return ""
    said = in_words(claim["verdict"])
    return f"**{said}**" if claim["verdict"] == FAILS else said


def cell(text: str) -> str:
    """Text that does not end a cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def dataset_line(one: Mapping) -> list[str]:
    """A line of the table of data sets."""
    measured = one.get("sha256")
    sizes = [f"{one['files']:,}", f"{one['bytes']:,}"] if measured else ["", ""]
    return [one["name"], one["source"], one["licence"], *sizes, f"`{measured}`" if measured else ""]
