"""Reading the tables of a study."""

from collections.abc import Iterable
from pathlib import Path

from spatial_mae.files import Row, read_rows
from spatial_mae.kinds import KINDS
from spatial_mae.recipes import nearest
from spatial_mae.tables.rows import unique


def read_tables(paths: Iterable[tuple[str, Path]]) -> dict[str, list[Row]]:
    """Read (kind, path) pairs; tables of one kind are joined and identical rows kept once.

    Raises ValueError for a kind that no experiment has (the nearest one is named) and
    FileNotFoundError for a missing table.
    """
    tables: dict[str, list[Row]] = {}
    for kind, path in paths:
        if kind not in KINDS:
            raise ValueError(f"no experiment of kind {kind!r}; {nearest(kind, KINDS)}")
        if not Path(path).is_file():
            raise FileNotFoundError(f"no table {path}; run `snakemake tables` first")
        tables.setdefault(kind, []).extend(read_rows(path))
    return {kind: unique(rows) for kind, rows in tables.items()}
