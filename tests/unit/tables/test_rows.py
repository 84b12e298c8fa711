"""Choosing and grouping rows."""

from spatial_mae.tables.repeats import average
from spatial_mae.tables.rows import (
    by,
    first,
    levels,
    masked,
    most_images,
    pick,
    project,
    spread,
    unique,
)


def test_first_within_groups_chooses_for_each_group():
    rows = [{"d": "a", "k": 3}, {"d": "b", "k": 5}, {"d": "a", "k": 4}, {"d": "b", "k": 5}]
    assert first(rows, "k", within=["d"]) == [rows[0], rows[1], rows[3]]
    assert first(rows, "k") == [rows[0]]


def test_first_passes_over_empty_cells():
    rows = [{"s": None}, {"s": "x"}, {"s": "y"}]
    assert first(rows, "s") == [{"s": "x"}]


def test_spread_keeps_both_ends():
    assert spread([1, 2, 3, 4, 5, 6, 7], 3) == [1, 4, 7]
    assert spread([1, 2], 3) == [1, 2]


def test_most_images_is_per_data_set():
    rows = [{"dataset": "a", "n_images": n} for n in (10, 20)] + [{"dataset": "b", "n_images": 5}]
    assert most_images(rows) == rows[1:]


def test_average_and_project():
    rows = [{"k": 1, "v": 1.0}, {"k": 1, "v": 3.0}, {"k": 2, "v": None}]
    assert average(rows, ["k"], ["v"]) == [{"k": 1, "v": 2.0}, {"k": 2, "v": None}]
    assert project(rows, ["k"]) == [{"k": 1}, {"k": 2}]


def test_levels_orders_numbers_before_text():
    assert levels([{"n": "all"}, {"n": 20}, {"n": 3}, {"n": None}], "n") == [3, 20, "all"]


def test_masked_leaves_out_mask_ratio_zero():
    rows = [{"model": "mae", "mask_ratio": m} for m in (0.0, 0.5)]
    assert masked(rows) == rows[1:]


def test_pick_takes_a_value_or_one_of_several_and_empty_cells_as_a_value():
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 2}]
    assert pick(rows) == rows
    assert pick(rows, a=2) == rows[1:]
    assert pick(rows, a=[1, 2], b=None) == rows[1:]
    assert pick(rows, a=(1, 3), b="x") == rows[:1]
    assert pick((row for row in rows), a=7) == []


def test_by_is_in_ascending_order_without_empty_cells():
    rows = [{"a": 2}, {"a": None}, {"a": 1}, {"a": 2, "b": 3}]
    assert by(rows, "a") == {1: [rows[2]], 2: [rows[0], rows[3]]}
    assert list(by(rows, "a")) == [1, 2]


def test_rows_that_say_the_same_are_one():
    assert unique([{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2, "b": 1}]) == [
        {"b": 2, "a": 1},
        {"a": 2, "b": 1},
    ]
