"""Reading the tables of a study."""

import pytest

from spatial_mae.files import write_rows
from spatial_mae.tables.reading import read_tables


def test_tables_of_one_kind_are_joined_and_repeats_dropped(tmp_path):
    write_rows(tmp_path / "a.csv", [{"patch": 2, "loss": 0.5}, {"patch": 4, "loss": 0.6}])
    write_rows(tmp_path / "b.csv", [{"patch": 4, "loss": 0.6}, {"patch": 8, "loss": 0.7}])
    tables = read_tables([("losses", tmp_path / "a.csv"), ("losses", tmp_path / "b.csv")])
    assert [row["patch"] for row in tables["losses"]] == [2, 4, 8]


def test_an_unknown_kind_names_the_nearest(tmp_path):
    with pytest.raises(ValueError, match="'influences'; did you mean 'influence'"):
        read_tables([("influences", tmp_path / "a.csv")])


def test_a_missing_table_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="snakemake tables"):
        read_tables([("losses", tmp_path / "none.csv")])
