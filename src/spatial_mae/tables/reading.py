"""Reading tables by the declared types of their columns: nothing is guessed from the cells."""

from argparse import ArgumentTypeError
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from spatial_mae.files import Row, parse, read_columns, to_rows
from spatial_mae.study.checking import nearest
from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.column import NUMBER, TEXT, WHOLE, WHOLE_OR_WORD, YES_NO, Column
from spatial_mae.tables.columns import COLUMNS
from spatial_mae.tables.kinds import declared
from spatial_mae.tables.rows import unique


def kind_and_path(text: str) -> tuple[str, Path]:
    """From KIND=PATH, the value of a flag. Raises ArgumentTypeError for anything else."""
    kind, _, path = text.partition("=")
    if not (kind and path):
        raise ArgumentTypeError(f"{text!r} is not KIND=PATH, as in losses=losses.csv")
    return kind, Path(path)


def read_tables(paths: Iterable[tuple[str, Path]]) -> dict[str, list[Row]]:
    """Read (kind, path) pairs; tables of one kind are joined and identical rows kept once.

    Raises ValueError for a kind that no experiment has (the nearest one is named) and
    FileNotFoundError for a missing table; further errors as in `read_table`.
    """
    tables: dict[str, list[Row]] = {}
    for kind, path in paths:
        if kind not in KINDS:
            raise ValueError(f"no experiment of kind {kind!r}; {nearest(kind, KINDS)}")
        if not Path(path).is_file():
            raise FileNotFoundError(
                f"no table {path}; run `snakemake --cores all tables` first, "
                "with the `--configfile` of the study, if it has one"
            )
        tables.setdefault(kind, []).extend(read_table(path, kind))
    return {kind: unique(rows) for kind, rows in tables.items()}


def read_table(path: str | Path, kind: str) -> list[Row]:
    """The rows of a table of a kind; a number is an int where it is written as one, else a float.

    Empty cells are None, yes and no stay these words. Raises ValueError for a column that is not
    declared, and for a cell that is not of its column's type.
    """
    cells = read_columns(path)
    if unknown := [name for name in cells if name not in COLUMNS]:
        # Neither a setting nor a measurement: rows of two settings would be taken for one.
        raise ValueError(
            f"{path}: column {', '.join(map(repr, unknown))} is not declared; say in "
            "spatial_mae/tables/columns.py what it is, and in kinds.py which tables have it"
        )
    convert = {n: partial(_value, column=declared(n, kind), path=path) for n in cells}
    return to_rows({name: parse(texts, convert[name]) for name, texts in cells.items()})


def read_plotted(path: str | Path) -> list[Row]:
    """The rows of a figure's csv: text of declared columns stays text, whatever it looks like.

    Other cells are numbers where all of their column are. Empty ones are None.
    """
    cells = read_columns(path)
    return to_rows({name: _plotted(name, texts) for name, texts in cells.items()})


def _plotted(name: str, texts: Sequence[str]) -> list[object]:
    if name in COLUMNS and COLUMNS[name].type == TEXT:
        return parse(texts, str)
    try:
        return parse(texts, _number)
    except ValueError:
        return parse(texts, str)


def _value(text: str, column: Column, path: object) -> object:
    try:
        return READ[column.type](text)
    except ValueError:
        raise ValueError(
            f"{path}: column {column.name!r} holds {text!r}, which is no {column.type}; measure "
            "again, or correct the column's type in spatial_mae/tables/columns.py"
        ) from None


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def _whole_or_word(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdecimal() else text


def _yes_no(text: str) -> str:
    if text not in ("yes", "no"):
        raise ValueError
    return text


READ = {
    TEXT: str,
    WHOLE: int,
    NUMBER: _number,
    YES_NO: _yes_no,
    WHOLE_OR_WORD: _whole_or_word,
}
