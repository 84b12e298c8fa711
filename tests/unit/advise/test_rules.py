"""Candidates, what rungs keep, and files that people edit."""

import pytest
from simulated_advice import look, row

from spatial_mae.advise import rungs, theory
from spatial_mae.advise.candidates import feasible, undrawable
from spatial_mae.advise.ranking import rank


def test_patches_that_tile_images_of_two_sides():
    kept, dropped = feasible(24, 36, [2, 4, 5, 8, 12], [0.25, 0.75, 0.99], 0.75)
    assert kept == {2: [0.25, 0.75, 0.99], 4: [0.25, 0.75, 0.99], 12: [0.25, 0.75]}
    why = {(d["patch"], d.get("mask")): d["why"] for d in dropped}
    assert why[5, None] == "does not divide 24 x 36 pixels" == why[8, None]
    assert why[12, 0.99] == "mask ratio 0.99 hides all of 6 patches"


def test_a_range_of_mask_ratios_is_tried_where_both_of_its_ends_are_possible():
    masks, _ = feasible(32, 32, [8, 16], [0.5, 0.575], 0.75)
    (left,) = undrawable(32, 32, masks, (0.25, 0.9))
    assert masks == {8: [0.5, 0.575, 0.75], 16: [0.5, 0.75]}
    assert (left["patch"], left["mask"]) == (16, 0.575)
    assert left["why"] == "drawn from 0.25 to 0.9: mask ratio 0.9 hides all of 4 patches"
    assert undrawable(32, 32, masks, None) == []


@pytest.mark.parametrize(
    ("size", "message"),
    [((31, 37), "only single pixels tile it"), ((12, 18), r"use one of \[1, 2, 3, 6\]")],
)
def test_images_that_no_candidate_tiles_are_refused_with_what_does(size, message):
    with pytest.raises(ValueError, match=message):
        feasible(*size, [4, 8, 16], [0.5], 0.5)


def test_images_smaller_than_the_smallest_grid_are_refused():
    with pytest.raises(ValueError, match="prepare larger images"):
        feasible(1, 1, [2, 4], [0.5], 0.75)


@pytest.mark.parametrize(
    ("wanted", "n_labels", "n_classes", "halved", "found"),
    [
        ("auto", 5000, 10, True, "probe"),
        ("auto", 999, 10, True, "agreement"),
        ("auto", 999, 10, False, "error"),
        ("auto", 5000, 1, True, "agreement"),
        ("auto", 0, 0, False, "error"),
        ("labels", 100, 50, False, "probe"),
        ("error", 5000, 10, True, "error"),
        ("agreement", 5000, 10, True, "agreement"),
    ],
)
def test_what_ranks_settings(wanted, n_labels, n_classes, halved, found):
    assert rungs.objective(wanted, n_labels, n_classes, halved) == found


def test_halves_that_are_no_whole_patches_cannot_be_asked_for():
    with pytest.raises(ValueError, match="divide half of each side"):
        rungs.objective("agreement", 0, 0, False)


def test_labels_of_one_class_cannot_be_asked_for():
    with pytest.raises(ValueError, match="1 classes; sort them into two"):
        rungs.objective("labels", 500, 1, True)


def test_labels_of_small_classes_cannot_be_asked_for():
    with pytest.raises(ValueError, match="200 classes with fewer than 10 .* merge classes, or set"):
        rungs.objective("labels", 0, 200, True)


def test_patches_within_two_standard_errors_survive_at_most_two():
    values = {2: (0.50, 0.54), 4: (0.51, 0.53), 8: (0.52, 0.56), 16: (0.80, 0.84)}
    rows = [row(p, seed, 3, v) for p, pair in values.items() for seed, v in enumerate(pair)]
    found = rungs.patch_decision(rows, look("error"), 3)
    assert [s["patch"] for s in found["kept"]] == [2, 4]
    dropped = {s["patch"]: s["why"] for s in found["dropped"]}
    assert set(dropped) == {8, 16} and "behind the best" in dropped[16]
    assert all(s["masks"] == [0.75] for s in found["kept"])


def test_a_setting_that_diverges_is_dropped_and_named():
    rows = [row(p, s, 3, 0.5 + p / 100 + s / 50) for p in (4, 8) for s in (0, 1)]
    rows += [row(2, s, 1, 0.1, status="diverged") for s in (0, 1)]
    found = rungs.patch_decision(rows, look("error"), 3)
    assert {"patch": 2, "mask": 0.75, "why": "training diverged"} in found["dropped"]


def test_the_default_goes_to_the_end_where_it_fits():
    rows = [row(8, s, 3, 0.5 + s / 50) for s in (0, 1)]
    default = {"patch": 4, "mask": 0.75, "feasible": True}
    found = rungs.mask_decision(rows, look("error"), default, 3)
    assert [s["patch"] for s in found["kept"]] == [8, 4]
    found = rungs.mask_decision(rows, look("error"), default | {"feasible": False}, 3)
    assert [s["patch"] for s in found["kept"]] == [8]


def test_an_edit_by_hand_is_noticed_and_used():
    file = look()
    assert not rungs.is_edited(file)
    file["kept"] = [{"patch": 16, "mask": 0.75}]
    assert rungs.is_edited(file)
    rows = [row(16, s, 3, 0.5 + s / 50, measure="probe") for s in (0, 1)]
    assert rungs.patch_decision(rows, file, 3)["kept"][0]["patch"] == 16
    assert rungs.edited({"look": file, "patches": look()}) == ["look"]


def test_a_default_that_was_not_looked_at_can_be_kept_by_hand():
    rows = [row(4, s, 3, 0.5 + s / 50, measure="probe") for s in (0, 1)]
    (kept,) = rungs.patch_decision(rows, look(masks={"8": [0.5, 0.75]}), 3)["kept"]
    assert (kept["patch"], kept["masks"]) == (4, [0.75])


def test_the_cheapest_within_one_standard_error_is_chosen():
    values = {4: (0.50, 0.54), 8: (0.51, 0.55)}
    rows = [
        row(p, s, 3 if p == 8 else 9, v) for p, pair in values.items() for s, v in enumerate(pair)
    ]
    ranking = rank(rows, "error")
    assert ranking.best.setting[0] == 4 and ranking.cheapest().setting[0] == 8


def test_one_seed_shows_nothing():
    ranking = rank([row(4, 0, 3, 0.1), row(8, 0, 3, 0.9)], "error")
    assert len(ranking.tied(ranking.best)) == 2


@pytest.mark.parametrize(
    ("explained", "word"), [(0.995, "trivial"), (0.5, ""), (0.02, ""), (0.004, "hopeless")]
)
def test_the_closed_form_excludes_what_is_trivial_or_hopeless(explained, word):
    assert theory.why_excluded(explained).startswith(word) and bool(word) == bool(
        theory.why_excluded(explained)
    )


def test_excluded_mask_ratios_are_not_compared_and_are_named():
    rows = [row(p, s, 3, 0.5 + 0.1 * (p == 8), measure="probe") for p in (4, 8) for s in (0, 1)]
    errors = {0.25: 0.001, 0.75: 0.4, 0.9: 0.999}
    linear = [{"patch": 8, "mask": m, "error": error} for m, error in errors.items()]
    masks = {"4": [0.25, 0.75], "8": [0.25, 0.75, 0.9]}
    found = rungs.patch_decision(rows, look(masks=masks, kept=[], linear_errors=linear), 3)
    assert [s["masks"] for s in found["kept"]] == [[0.75]]
    why = {(d["patch"], d["mask"]): d["why"] for d in found["dropped"]}
    assert why[8, 0.25].startswith("trivial: a linear model explains 99.9%")
    assert why[8, 0.9].startswith("hopeless: a linear model explains 0.1%")


def test_where_all_is_hopeless_nothing_is_excluded():
    settings = [(8, 0.25), (8, 0.75)]
    assert theory.divided(settings, dict.fromkeys(settings, 1.0)) == (settings, {})
