"""The runs that the rungs of advice ask for, and blocks that are refused."""

from pathlib import Path

import pytest
import yaml
from simulated_advice import look

from spatial_mae.study import advising, configuration
from spatial_mae.study.grid import parse

ROOT = Path(__file__).resolve().parents[3]

BLOCK = {
    "dataset": "photos",
    "model": "small",
    "training": "short",
    "drawn": None,
    "common_mask": 0.75,
    "rungs": [1, 3],
    "seeds": [0, 1],
    "final_seeds": [0, 1, 2],
    "enc": 1,
    "dec": 1,
}


CONFIG = {"study": "mine", "advise": BLOCK}


def asked(measure):
    """(mask ratio, epoch at which the run stops) of what the second rung asks for."""
    before = look(measure) | {"kept": [{"patch": 4, "mask": 0.75, "masks": [0.5, 0.75]}]}
    paths = advising.rung_scores(CONFIG, "masks", before, look(measure))
    runs = [parse(path.split("/")[-2]) for path in paths]
    assert len(runs) == 4
    return {(run["mask"], run[advising.UNTIL]) for run in runs}


def test_mask_ratios_stop_at_the_first_epoch_if_the_probe_compares_them():
    assert asked("probe") == {(0.5, 1), (0.75, 3)}  # the second is there from the rung before


def test_mask_ratios_go_to_the_last_epoch_by_other_measures():
    assert asked("error") == {(0.5, 3), (0.75, 3)}


MASKS = "patch 4: mask ratios \\[0.25, 0.5, 0.75, 0.9\\]; patch 8"
UNFIT = [
    ([], "`kept` is empty; keep a setting"),
    ([{"patch": 5, "mask": 0.75}], f"names patch 5 at mask ratio 0.75, .* use .*{MASKS}"),
    ([{"patch": "4", "mask": 0.75}], "names patch 4 at mask ratio 0.75"),
    ([{"patch": 4, "mask": 0.1}], "names patch 4 at mask ratio 0.1, which was not looked at"),
]
UNFIT_MASKS = [
    ([{"patch": 8, "mask": 0.75, "masks": [0.6, 0.75]}], "names patch 8 at mask ratio 0.6"),
    ([{"patch": 8, "mask": 0.75, "masks": []}], r"`masks` of patch 8 is \[\]; list the mask"),
    ([{"patch": 8, "mask": 0.75, "masks": 0.5}], "`masks` of patch 8 is 0.5; list the mask"),
]


@pytest.mark.parametrize(("kept", "said"), [*UNFIT, *UNFIT_MASKS])
def test_an_edited_rung_is_refused_before_a_run_is_asked_for(kept, said):
    with pytest.raises(ValueError, match=rf"mine/advise/patches.json: .*{said}"):
        advising.rung_scores(CONFIG, "masks", look() | {"kept": kept}, look())


@pytest.mark.parametrize(("kept", "said"), UNFIT)
def test_an_edited_look_or_last_rung_is_refused_too(kept, said):
    with pytest.raises(ValueError, match=rf"mine/advise/look.json: .*{said}"):
        advising.rung_scores(CONFIG, "patches", look() | {"kept": kept}, look())
    for scores in (advising.final_scores, advising.test_scores):
        with pytest.raises(ValueError, match=rf"mine/advise/masks.json: .*{said}"):
            scores(CONFIG, look() | {"kept": kept}, look())


@pytest.mark.parametrize("feasible", [True, False])
def test_the_default_may_be_kept_where_it_is_possible(feasible):
    default = {"patch": 5, "mask": 0.75, "feasible": feasible}
    content = {"kept": [{"patch": 5, "mask": 0.75}]}
    if feasible:
        advising.check_kept(content, look(default=default), "masks.json")
        return
    with pytest.raises(ValueError, match="names patch 5"):
        advising.check_kept(content, look(default=default), "masks.json")


def study(block=(), **recipe):
    """The study `advise` with other values in its block and in its recipe of pretraining."""
    files = (ROOT / "config.yaml", ROOT / "workflow/studies/advise.yaml")
    config = configuration.merged(*(yaml.safe_load(path.read_text()) for path in files))
    both = dict.fromkeys(("advise", "advise_drawn"), recipe)
    return configuration.merged(config, {"advise": dict(block), "recipes": {"pretraining": both}})


def test_the_study_as_it_is_has_no_fault():
    configuration.checked(study())


@pytest.mark.parametrize(
    ("name", "share", "said"),
    [
        ("advise", 0.5, "0.5 must be 0.2, the share that the training holds out"),
        ("advise", 0, "0 must be 0.2"),  # test images would choose
        ("advise_unlabelled", 0.1, "0.1 must be 0.2"),
        ("advise_test", 0.2, "0.2 must be 0, so that test images are scored"),
        ("advise_test_unlabelled", 0.2, "0.2 must be 0"),
    ],
)
def test_recipes_that_score_other_images_than_the_search_needs_are_refused(name, share, said):
    config = configuration.merged(study(), {"recipes": {"evaluation": {name: {"held_out": share}}}})
    with pytest.raises(ValueError, match=rf"recipes.evaluation.{name}.held_out: {said}"):
        configuration.checked(config)


@pytest.mark.parametrize(
    ("block", "recipe", "said"),
    [
        ({"training": "advice"}, {}, "advise.training: 'advice' is not there"),
        ({"rungs": [3, 1]}, {}, r"advise.rungs: \[3, 1\] must increase and end before epoch 10"),
        ({"rungs": [1, 2]}, {}, r"does not keep epochs \[2\]"),
        ({"drawn": None}, {}, "advise.drawn, advise.drawn_training: set both, or neither"),
        ({"drawn": [0.6, 0.9]}, {}, "its middle, 0.75, must not be one of `masks`"),
        ({"drawn_training": "advise"}, {}, r"by \['mask_half_width'\]; it must differ by"),
        ({}, {"held_out": 0.0}, "holds no training images out to choose by"),
        ({}, {"normalise_targets": True}, "has `normalise_targets: true`; .* set it to false"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(block, recipe, said):
    with pytest.raises(ValueError, match=said):
        configuration.checked(study(block, **recipe))


def test_a_class_token_that_the_networks_do_not_have_is_refused():
    config = study()
    config["models"]["advised"]["class_token"] = False
    configuration.checked(config)
    config["recipes"]["evaluation"]["advise_test"]["representations"] = ["class_token", "mean"]
    with pytest.raises(ValueError, match="advise.model: recipe 'advise_test' of evaluation: repr"):
        configuration.checked(config)
