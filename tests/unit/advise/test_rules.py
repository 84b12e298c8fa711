"""Candidates, what rungs keep, doubts, and files that people edit."""

import re
from pathlib import Path

import numpy as np
import pytest
from simulated_advice import EPOCHS, MASKS, Trial, look

from spatial_mae.advise import doubts, rungs, theory
from spatial_mae.advise.advice import DEPTH, Evidence, advise, mask_words, not_tried
from spatial_mae.advise.candidates import feasible, undrawable
from spatial_mae.advise.ranking import rank


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def row(patch, seed, epoch, value, mask=0.75, measure="error", status="training"):
    base = {"patch": patch, "mask": mask, "seed": seed, "epoch": epoch, "status": status}
    base |= {"probe": None, "error": None, "agreement": None, "n_labelled": 1000, "seconds": epoch}
    return base | {measure: value}


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


def reasons(found):
    return [d["reason"] for d in found]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"n_train": 60}, "too few images"),
        ({"duplicates": 0.3}, "near-duplicates across the split"),
        ({"jpeg_grid": True, "blockiness": 1.5}, "JPEG grid aligned with a patch"),
    ],
)
def test_what_is_wrong_with_the_images_stops_advice(rng, changes, reason):
    trial = Trial(rng, lambda p, m, e: 0.3 + 0.2 * (p == 8), 0.01)
    trial.look = rungs.signed({k: v for k, v in look(**changes).items() if k != "checksum"})
    advice = trial.advice({"pca": 0.2})
    assert reason in reasons(advice["doubts"]) and advice["verdict"] == "cannot tell"
    assert "cannot tell" in advice["sentence"] and "To settle it" in advice["sentence"]


def test_networks_below_a_baseline_stop_advice(rng):
    advice = Trial(rng, lambda p, m, e: 0.3 + 0.2 * (p == 8), 0.01).advice({"pca": 0.6})
    assert "nothing beats the baselines" in reasons(advice["doubts"])
    assert "pca 60.0 %" in advice["sentence"] and advice["verdict"] == "cannot tell"
    assert "Best of what was tried: patch 8, mask ratio " in advice["sentence"]


def test_no_best_is_named_where_all_patches_tie(rng):
    advice = Trial(rng, lambda p, m, e: 0.3, 0.01).advice({"pca": 0.6})
    assert advice["verdict"] == "cannot tell" and "Best" not in advice["sentence"]


def test_networks_above_the_closed_form_stop_advice(rng):
    trial = Trial(rng, lambda p, m, e: 0.5 - 0.1 * (p == 8), 0.01, measure="error")
    trial.look["linear_errors"] = [{"patch": 8, "mask": 0.75, "error": 0.4}]  # 0.2 in its units
    advice = trial.advice()
    assert "network worse than the closed form" in reasons(advice["doubts"])
    assert advice["verdict"] == "cannot tell"


def test_with_labels_networks_above_the_closed_form_only_ask_for_care(rng):
    trial = Trial(rng, lambda p, m, e: 0.3 + 0.2 * (p == 8), 0.01)
    trial.look["linear_errors"] = [{"patch": 8, "mask": m, "error": 0.0} for m in MASKS]
    advice = trial.advice({"pca": 0.2})
    assert "network worse than the closed form" in reasons(advice["doubts"])
    assert (advice["verdict"], advice["confidence"]) == ("advice", "fair")


def test_curves_that_cross_are_noticed():
    def value(patch, epoch):
        return {4: {1: 0.9, 3: 0.5}, 8: {1: 0.6, 3: 0.59}}[patch][epoch]

    rows = [row(p, s, e, value(p, e) + s / 100) for p in (4, 8) for s in (0, 1) for e in EPOCHS]
    assert reasons(doubts.order_changed(rows, "error", EPOCHS)) == [
        "the order changed between rungs"
    ]
    assert doubts.order_changed([r for r in rows if r["patch"] == 4], "error", EPOCHS) == []


def test_label_free_measures_that_disagree_stop_advice():
    rows = [
        row(p, s, 3, 0.2 + 0.5 * (p == 4) + s / 100, measure="agreement")
        for p in (4, 8)
        for s in (0, 1)
    ]
    found = doubts.cross_check(rows, (8, 0.75), 3, look("error"))
    assert reasons(found) == ["the two label-free measures disagree"]
    assert found[0]["about"] == doubts.PATCH and found[0]["settle"] == "labels for 1,000 images"
    assert found[0]["detail"].startswith("by the hidden error patch 8 is best, by the agreement")
    assert doubts.cross_check(rows, (4, 0.75), 3, look("error")) == []
    alone = ["one label-free measure alone"]
    assert reasons(doubts.cross_check(rows, (4, 0.75), 3, look("agreement"))) == alone
    assert reasons(doubts.cross_check(rows, (2, 0.75), 3, look("error"))) == alone


def outside(rung, final, measure="probe", errors=(0.5, 0.5)):
    """The advice where the default, patch 4, is not on the rung.

    rung, final: patch -> value, at epoch 3 and in the end. errors: in the end, of patch 4, others.
    """
    patches = [
        row(p, s, 3, v + 0.004 * (s - 0.5), measure=measure)
        for p, v in rung.items()
        for s in (0, 1)
    ]
    ended = [
        row(p, s, 10, v + 0.004 * (s - 1), measure=measure)
        | {"epochs": 10, "error": errors[p != 4] + 0.004 * (s - 1)}
        for p, v in final.items()
        for s in (0, 1, 2)
    ]
    masks = {str(p): list(MASKS) for p in rung}
    seen = look(measure, masks=masks, kept=[{"patch": p, "mask": 0.75} for p in rung])
    return advise(Evidence(seen, patches, patches, ended, {"pca": 0.2}, EPOCHS[1:], (4, 0.75)))


@pytest.mark.parametrize(
    ("rung", "final", "patch", "tied", "confidence"),
    [
        ({8: 0.5, 16: 0.49}, {4: 0.8, 8: 0.5, 16: 0.5}, 4, [4], "good"),
        ({8: 0.5, 16: 0.3}, {4: 0.8, 8: 0.5}, 4, [4, 16], "fair"),  # 4 and 16 never met
        ({8: 0.5, 16: 0.3}, {4: 0.501, 8: 0.5}, 4, [4, 8, 16], "none"),
        ({8: 0.5, 16: 0.3}, {4: 0.49, 8: 0.5}, 8, [4, 8], "fair"),
        ({8: 0.5, 16: 0.3}, {4: 0.2, 8: 0.5}, 8, [8], "good"),
    ],
)
def test_a_default_that_the_rung_did_not_compare_is_compared_in_the_end(
    rung, final, patch, tied, confidence
):
    advice = outside(rung, final)
    assert (advice["patch"], advice["tied_patches"]) == (patch, tied)
    assert advice["compared_patches"] == [4, 8, 16] and advice["confidence"] == confidence
    stated = reasons(advice["doubts"])
    assert ("top settings tie" in stated) == (len(tied) == 3)
    assert ("some settings tie" in stated) == (len(tied) == 2)


@pytest.mark.parametrize(("errors", "disagree"), [((0.9, 0.3), True), ((0.3, 0.9), False)])
def test_without_labels_such_a_default_is_checked_by_the_other_measure_too(errors, disagree):
    advice = outside({8: 0.5, 16: 0.3}, {4: 0.8, 8: 0.5}, "agreement", errors)
    assert advice["patch"] == 4
    found = "the two label-free measures disagree" in reasons(advice["doubts"])
    assert found == disagree and (advice["verdict"] == "cannot tell") == disagree


def test_fewer_than_1000_labels_leave_the_mask_ratio_open(rng):
    trial = Trial(rng, lambda p, m, e: 0.5 - 0.2 * (p == 8), 0.01, measure="error")
    advice = trial.advice()
    assert advice["verdict"] == "advice" and "mask ratio not ranked" in advice["sentence"]


@pytest.mark.parametrize(("measure", "name"), [("error", "hidden"), ("agreement", "agreement of")])
def test_labels_that_the_objective_leaves_unused_are_not_called_too_few(measure, name):
    seen = look(measure, labelled=True, n_labels=5000, n_classes=10)
    (found,) = doubts.mask_not_ranked(seen)
    assert found["reason"] == "labels were not used" and found["about"] == doubts.MASK
    assert found["detail"].startswith(f"by the {name}") and "noise" not in found["detail"]
    other = "agreement" if measure == "error" else "error"
    rows = [
        row(p, s, 3, v + s / 100, measure=other) for p, v in ((4, 0.2), (8, 0.9)) for s in (0, 1)
    ]
    worse = 4 if other == "agreement" else 8
    (disagree,) = doubts.cross_check(rows, (worse, 0.75), 3, seen)
    (tied,) = doubts.tie([4, 8], [4, 8], seen)
    assert all("`objective: auto`" in d["settle"] for d in (found, disagree, tied))
    assert not any("more" in d["settle"] or "sort" in d["settle"] for d in (found, disagree))


@pytest.mark.parametrize(("measure", "n"), [("probe", 300), ("error", 300), ("error", 0)])
def test_few_labels_are_called_too_few(measure, n):
    seen = look(measure, labelled=bool(n), n_labels=n)
    (found,) = doubts.mask_not_ranked(seen)
    assert found["reason"] == "fewer than 1,000 labels" and f"with {n} labels" in found["detail"]
    assert doubts.mask_not_ranked(look("probe")) == []


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


def test_a_drawn_mask_ratio_is_called_by_its_range():
    seen = look(drawn={"mask": 0.575, "range": [0.25, 0.9]})
    advice = {"mask_ranked": True, "masks": [0.575]}
    assert mask_words(advice, seen) == "mask ratio drawn from 0.25 to 0.9"
    advice["masks"] = [0.5, 0.575, 0.75]
    assert mask_words(advice, seen) == "mask ratio 0.5 to 0.75 or drawn from 0.25 to 0.9 (tie)"
    assert len(not_tried(seen)) < len(not_tried(look()))


def test_the_page_of_docs_says_of_depth_what_the_advice_says():
    page = (Path(__file__).parents[3] / "docs/advise.md").read_text(encoding="utf-8")
    words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", page)  # a link's text
    assert DEPTH in " ".join(re.sub(r"[*`]", "", words).split())
