"""Reading the tables of a study."""

import pytest

from spatial_mae.files import write_rows
from spatial_mae.tables.reading import read_plotted, read_table, read_tables


def test_tables_of_one_kind_are_joined_and_repeats_dropped(tmp_path):
    write_rows(tmp_path / "a.csv", [{"patch": 2, "loss": 0.5}, {"patch": 4, "loss": 0.6}])
    write_rows(tmp_path / "b.csv", [{"patch": 4, "loss": 0.6}, {"patch": 8, "loss": 0.7}])
    tables = read_tables([("losses", tmp_path / "a.csv"), ("losses", tmp_path / "b.csv")])
    assert [row["patch"] for row in tables["losses"]] == [2, 4, 8]


def test_an_unknown_kind_names_the_nearest(tmp_path):
    with pytest.raises(ValueError, match="'influences'; did you mean 'influence'"):
        read_tables([("influences", tmp_path / "a.csv")])


def test_a_missing_table_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `snakemake --cores all tables`"):
        read_tables([("losses", tmp_path / "none.csv")])


@pytest.mark.parametrize("name", ["007", "nan", "1e3", "1_2", "None", "-5"])
def test_text_stays_text(tmp_path, name):
    (tmp_path / "a.csv").write_text(f"dataset,class,n_images\n{name},{name},7\n,,\n")
    assert read_table(tmp_path / "a.csv", "embedding_points") == [
        {"dataset": name, "class": name, "n_images": 7},
        {"dataset": None, "class": None, "n_images": None},
    ]


def test_values_come_back_as_they_were_written(tmp_path):
    rows = [
        {"n": "all", "ridge": 0, "flip": "no", "mask_ratio": 0.1 + 0.2, "loss": float("inf")},
        {"n": 50, "ridge": 1e-3, "flip": "yes", "mask_ratio": -1, "loss": 2.0},
    ]
    write_rows(tmp_path / "a.csv", rows)
    found = read_table(tmp_path / "a.csv", "losses")
    assert found == rows
    assert [[type(v) for v in row.values()] for row in found] == [
        [type(v) for v in row.values()] for row in rows
    ]


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [("patch", "4.5", "no whole number"), ("loss", "low", "no number"), ("flip", "1", "no yes or")],
)
def test_a_cell_of_another_type_names_column_and_type(tmp_path, column, text, expected):
    (tmp_path / "a.csv").write_text(f"{column}\n{text}\n")
    with pytest.raises(ValueError, match=f"a.csv: column '{column}' holds '{text}'.*{expected}"):
        read_table(tmp_path / "a.csv", "losses")


def test_a_column_that_is_not_declared_is_refused(tmp_path):
    write_rows(tmp_path / "a.csv", [{"patch": 2, "warmth": 0.5}])
    with pytest.raises(ValueError, match="a.csv: column 'warmth' is not declared.*columns.py"):
        read_tables([("losses", tmp_path / "a.csv")])


def test_a_table_without_rows_is_empty(tmp_path):
    write_rows(tmp_path / "a.csv", [])
    assert read_table(tmp_path / "a.csv", "losses") == []


@pytest.mark.parametrize("name", ["00014", "1_2", "nan", "true", "1e3"])
def test_class_names_stay_text_in_what_a_figure_shows(tmp_path, name):
    (tmp_path / "a.csv").write_text(f"class,group,x,n\n{name},{name},0.5,3\n,b,2.0,4\n")
    assert read_plotted(tmp_path / "a.csv") == [
        {"class": name, "group": name, "x": 0.5, "n": 3},
        {"class": None, "group": "b", "x": 2.0, "n": 4},
    ]
