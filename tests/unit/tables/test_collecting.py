"""An experiment's table holds every run's rows, the run's keys in front."""

import pytest

from spatial_mae.files import write_json, write_rows
from spatial_mae.study import grid
from spatial_mae.tables.collecting import collect

EXPERIMENT = {
    "name": "curves",
    "kind": "autocorrelation",
    "recipe": "default",
    "grids": [{"dataset": ["leaves"], "colour": ["luma"], "n": ["all", 50]}],
}


@pytest.fixture
def results(tmp_path):
    manifest = {"n_train": 400, "height": 8, "width": 4, "pixels": "lossless"}
    write_json(tmp_path / "results/data/leaves/manifest.json", manifest)
    for number, path in enumerate(grid.run_tables(EXPERIMENT)):
        write_rows(tmp_path / path, [{"dx": 0, "correlation": number}])
    return tmp_path


def test_rows_carry_their_run_and_the_number_of_images(results):
    rows = collect(EXPERIMENT, results)
    assert [row["n_images"] for row in rows] == [400, 50]
    assert [row["correlation"] for row in rows] == [0, 1]
    assert rows[0] | {"correlation": 0} == {
        "dataset": "leaves",
        "colour": "luma",
        "n": "all",
        "height": 8,
        "width": 4,
        "n_images": 400,
        "pixels": "lossless",
        "dx": 0,
        "correlation": 0,
    }


def test_a_missing_run_is_an_error(results):
    (results / grid.run_tables(EXPERIMENT)[1]).unlink()
    with pytest.raises(FileNotFoundError, match="autocorrelation_default.csv"):
        collect(EXPERIMENT, results)


def test_a_column_that_is_not_declared_for_the_kind_is_refused(results):
    write_rows(results / grid.run_tables(EXPERIMENT)[0], [{"dx": 0, "loss": 0.5}])
    with pytest.raises(ValueError, match="'loss' is not declared for tables of kind 'autocorrel"):
        collect(EXPERIMENT, results)


def test_names_that_look_like_numbers_stay_names(results):
    named = {"name": "lemmas", "kind": "lemmas", "recipe": "default"}
    write_rows(results / grid.run_tables(named)[0], [{"check": "1e3", "quantity": "007"}])
    assert collect(named, results) == [{"check": "1e3", "quantity": "007"}]


def test_accuracies_have_the_number_of_classes_of_their_label(tmp_path):
    run = {"dataset": ["leaves"], "model": ["tiny"], "training": ["short"], "patch": [4]}
    run |= {"unit": [1], "mask": [0.5], "enc": [1], "dec": [1], "seed": [0]}
    named = {"name": "scores", "kind": "evaluation", "recipe": "default", "grids": [run]}
    manifest = {"n_train": 400, "height": 8, "width": 4, "pixels": "lossless"}
    manifest |= {"classes": ["a", "b", "c", "d"], "factors": {"hue": ["red", "red", "red", "blue"]}}
    write_json(tmp_path / "results/data/leaves/manifest.json", manifest)
    (path,) = grid.run_tables(named)
    write_rows(tmp_path / path, [{"label": label, "value": 0.5} for label in (None, "hue")])
    assert [row["n_classes"] for row in collect(named, tmp_path)] == [4, 2]
    assert {row["normalised_targets"] for row in collect(named, tmp_path)} == {"no"}
    told = collect(named, tmp_path, normalised=["short"])
    assert {row["normalised_targets"] for row in told} == {"yes"}
