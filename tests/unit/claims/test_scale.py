"""The mark of scale: a small run is never taken for the paper's."""

import pytest

from spatial_mae.claims.scale import full_scale, images, in_short, mark

LARGE = {"dataset": "cifar10", "n_images": 50_000, "model_width": 192}


def test_pretraining(probe):
    rows = [probe(0.5), probe(0.5, epochs=8, model_width=96)]
    assert mark(rows) == (
        "At 4, 8 epochs of 1000 images, width 48, 96 "
        "(the paper: 2000 epochs of 50000 images, width 192)"
    )


def test_fine_tuning_after_probes_names_both_schedules(probe, tuning):
    text = mark([probe(0.5), tuning(0.5)])
    assert text.startswith("At 4 epochs of 1000 images, then 2 of fine-tuning on 800, width 48 (")
    assert "then 100" in text


def test_the_scale_in_the_word(probe, tuning):
    assert in_short([probe(0.5), probe(0.5, epochs=8)]) == "4, 8 epochs, width 48"
    assert in_short([tuning(0.5)]) == "4 + 2 epochs, width 48"
    # What both have in common: the pretraining.
    assert in_short([probe(0.5), tuning(0.5)]) == "4 epochs, width 48"
    assert in_short([tuning(0.5), probe(0.5)]) == "4 epochs, width 48"
    row = {"dataset": "leaves", "enc": 4, "epochs": 3, "n_train": 200}
    assert in_short([row]) == "3 epochs, width unknown"


def test_supervised_and_unknown_columns():
    row = {"dataset": "leaves", "enc": 4, "epochs": 3, "n_train": 200, "n_images": 1000}
    text = mark([row])
    assert text.startswith("At 3 supervised epochs of 200 images, width unknown (the paper: 50000 ")


def test_a_subset_of_the_images_is_what_counts(probe):
    assert images(probe(0.5)) == 1000
    assert images(probe(0.5, pretrain_n_train=100)) == 100
    assert images({"training": "short", "cka": 0.5, "n_images": 10}) is None


def test_the_images_of_a_jacobian_are_not_those_of_pretraining(jacobian):
    assert images(jacobian(0.5, n_images=8)) == 1000
    assert images(jacobian(0.5, pretrain_n_train=None)) is None
    assert mark([jacobian(0.5)]).startswith("At 4 epochs of 1000 images, width 48 (")
    assert full_scale(jacobian(0.5, **LARGE, epochs=2000, pretrain_n_train=50_000))
    assert not full_scale(jacobian(0.5, **LARGE, epochs=2000, pretrain_n_train=100))


def test_weights_from_elsewhere_are_pretrained(jacobian):
    names = ("model", "training", "seed", "epochs", "pretrain_n_train", "status")
    row = jacobian(0.5, **dict.fromkeys(names))
    assert mark([row]).startswith("At unknown epochs of unknown images, width 48 (the paper: 2000")
    assert not full_scale({**row, **LARGE})


@pytest.mark.parametrize(
    "smaller",
    [
        {"dataset": "leaves"},
        {"epochs": 1999},
        {"model_width": 96},
        {"model_width": None},
        {"pretrain_n_train": 100},
    ],
)
def test_the_papers_scale_needs_all_of_its_numbers(probe, smaller):
    whole = probe(0.5, **LARGE, epochs=2000)
    assert full_scale(whole)
    assert mark([whole]).startswith("At the paper's scale (2000 epochs of 50000 images")
    assert not full_scale({**whole, **smaller})
    assert not mark([whole, {**whole, **smaller}]).startswith("At the paper's scale")


def test_the_papers_fine_tuning_needs_both_schedules(tuning):
    whole = tuning(0.95, **LARGE, epochs=100, pretrain_epochs=2000, n_train=50_000)
    assert full_scale(whole)
    assert not full_scale({**whole, "epochs": 5})
    assert not full_scale({**whole, "pretrain_epochs": 5})
    assert not full_scale({**whole, "n_train": 500})
