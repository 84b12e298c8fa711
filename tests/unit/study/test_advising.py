"""The runs that the rungs of advice ask for, and files of rungs that are refused."""

import pytest
from simulated_advice import look

from spatial_mae.study import advising
from spatial_mae.study.grid import parse

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


@pytest.mark.parametrize(
    ("labelled", "colour", "n"), [(True, "luma", 1), (True, None, 0), (False, "luma", 0)]
)
def test_raw_pixels_are_compared_with_where_there_are_labels_and_controls(labelled, colour, n):
    recipes = {"evaluation": {"advise": {"control_colour": colour}}}
    assert len(advising.baselines({**CONFIG, "recipes": recipes}, {"labelled": labelled})) == n


@pytest.mark.parametrize("feasible", [True, False])
def test_the_default_may_be_kept_where_it_is_possible(feasible):
    default = {"patch": 5, "mask": 0.75, "feasible": feasible}
    content = {"kept": [{"patch": 5, "mask": 0.75}]}
    if feasible:
        advising.check_kept(content, look(default=default), "masks.json")
        return
    with pytest.raises(ValueError, match="names patch 5"):
        advising.check_kept(content, look(default=default), "masks.json")
