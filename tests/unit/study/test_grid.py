"""Experiments become runs, runs become paths, and back."""

import pytest

from spatial_mae.study import grid, jobs, sources
from spatial_mae.study.measured.keys import SOLUTION

LOSSES = {
    "name": "losses",
    "kind": "losses",
    "recipe": "default",
    "grids": [
        {
            "dataset": ["leaves"],
            "colour": ["luma"],
            "n": ["all", 500],
            "patch": [2, 4],
            "centring": ["raw"],
            "ridge": [0, 0.001],
            "flip": [False],
        }
    ],
}


def test_slug_keeps_the_given_order_and_parses_back():
    values = {"ridge": 1e-05, "patch": 4, "flip": True, "centring": "raw"}
    text = grid.slug(values, SOLUTION)
    assert text == "patch-4_centring-raw_ridge-1e-05_flip-yes"
    assert grid.parse(text) == {"patch": 4, "centring": "raw", "ridge": 1e-05, "flip": "yes"}


@pytest.mark.parametrize("value", ["a_b", "a/b"])
def test_slug_refuses_what_would_not_parse_back(value):
    with pytest.raises(ValueError, match="'_' and '/' are not allowed"):
        grid.slug({"colour": value}, ["colour"])


def test_parse_refuses_text_that_is_not_a_slug():
    with pytest.raises(ValueError, match="'patch' has no value"):
        grid.parse("patch_4")


def test_expand_is_the_product_of_the_grid_in_order():
    runs = grid.expand(LOSSES)
    assert len(runs) == 2 * 2 * 2
    assert list(runs[0]) == ["dataset", "colour", "n", "patch", "centring", "ridge", "flip"]


def test_expand_drops_runs_that_two_grids_share():
    twice = LOSSES | {"grids": LOSSES["grids"] * 2}
    assert grid.expand(twice) == grid.expand(LOSSES)


def test_run_table_is_the_path_the_rule_writes():
    table = grid.run_table(LOSSES, grid.expand(LOSSES)[0])
    assert table == (
        "results/linear/leaves/colour-luma_n-all_split-train/"
        "patch-2_centring-raw_ridge-0_flip-no/losses_default.csv"
    )


def test_two_experiments_that_share_a_run_share_its_file():
    influence = LOSSES | {"name": "influence", "kind": "influence"}
    profile = LOSSES | {"name": "profile", "kind": "profile"}
    counts = jobs.job_counts(study([influence, profile]))
    assert counts["measure_influence"] == 8
    assert counts["solve_linear"] == 8
    assert counts["compute_moments"] == 2


def test_job_counts_of_a_gabor_experiment_include_the_test_moments():
    gabor = LOSSES | {"name": "gabor", "kind": "gabor"}
    counts = jobs.job_counts(study([gabor]))
    assert counts["predict_gabor"] == 8
    assert counts["compute_moments"] == 2 + 1


def test_unknown_grid_key_names_the_nearest():
    with pytest.raises(ValueError, match="unknown key 'pach'; did you mean 'patch'"):
        grid.expand(LOSSES | {"grids": [LOSSES["grids"][0] | {"pach": [2]}]})


def test_missing_grid_key_is_named():
    rest = {k: v for k, v in LOSSES["grids"][0].items() if k != "ridge"}
    with pytest.raises(ValueError, match="gives no values for ridge"):
        grid.expand(LOSSES | {"grids": [rest]})


def test_unknown_kind_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'losses'"):
        grid.expand(LOSSES | {"kind": "loses"})


def test_archive_is_downloaded_only_without_a_copy():
    config = {"datasets": {"c": {"source": "cifar10"}}, "data": {"root": None}}
    assert sources.archive(config, "c") == ["results/data/archives/cifar10/cifar-10-python.tar.gz"]
    assert sources.archive(config | {"data": {"root": "/copies"}}, "c") == []


def study(experiments: list) -> dict:
    return {
        "study": "s",
        "data": {"root": None},
        "datasets": {"leaves": {"source": "dead_leaves"}},
        "experiments": experiments,
    }
