"""What the advice says: doubts, ties and words."""

import re
from pathlib import Path

import numpy as np
import pytest
from simulated_advice import EPOCHS, MASKS, Trial, look, row

from spatial_mae.advise import doubts, rungs
from spatial_mae.advise.advice import DEPTH, Evidence, advise, mask_words, not_tried


@pytest.fixture
def rng():
    return np.random.default_rng(0)


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


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, ". To"),
        ({"duplicates": 0.3}, "; 1 more reason for doubt. To"),
        ({"duplicates": 0.3, "n_labels": 0}, "; 2 more reasons for doubt. To"),  # mask ratio
    ],
)
def test_all_further_reasons_are_counted_apart_from_their_numbers(rng, changes, more):
    trial = Trial(rng, lambda p, m, e: 0.3 + 0.2 * (p == 8), 0.001)
    trial.look = rungs.signed(look(n_train=216, n_labels=1000) | changes)
    advice = trial.advice({"pca": 0.2})
    assert len(advice["doubts"]) == len(changes) + 1
    assert f"(500 are needed){more} settle it" in advice["sentence"]


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
    assert (
        found[0]["about"] == doubts.PATCH and "at least 1,000 training images" in found[0]["settle"]
    )
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


def test_the_files_that_are_asked_for_leave_enough_training_images():
    files = {
        n: int(re.search(r"\(([\d,]+) files", doubts.images(n))[1].replace(",", ""))
        for n in (500, 1000, 2000)
    }
    assert files == {500: 556, 1000: 1112, 2000: 2223}
    for n, of_folder in files.items():
        assert of_folder - round(0.1 * of_folder) >= n > 0.9 * (of_folder - 1)
    (few,) = doubts.too_few_images(look(n_train=450))
    assert few["settle"].startswith("bring at least 500 training images (556 files")
    (unsorted,) = doubts.mask_not_ranked(look("error"))
    assert "sort at least 1,000 training images (1,112 files" in unsorted["settle"]


def test_many_small_classes_are_not_called_unsorted():
    seen = look("error", n_classes=200, n_sorted=1400)
    (found,) = doubts.mask_not_ranked(seen)
    assert found["reason"] == "too few labels a class" and found["about"] == doubts.MASK
    assert found["detail"].startswith("1,400 labels of 200 classes are fewer than 10 a class")
    assert found["settle"].startswith("10 a class and at least 2,000 training images (2,223 files")
    rows = [
        row(p, s, 3, 0.2 + 0.5 * (p == 4) + s / 100, measure="agreement")
        for p in (4, 8)
        for s in (0, 1)
    ]
    (disagree,) = doubts.cross_check(rows, (8, 0.75), 3, seen)
    assert disagree["settle"] == found["settle"]


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
