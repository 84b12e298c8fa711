"""The runs that the rungs of advice ask for."""

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
    "enc": 1,
    "dec": 1,
}


def asked(measure):
    """(mask ratio, epoch at which the run stops) of what the second rung asks for."""
    before = look(measure) | {"kept": [{"patch": 4, "mask": 0.75, "masks": [0.5, 0.75]}]}
    paths = advising.rung_scores({"study": "mine", "advise": BLOCK}, "masks", before)
    runs = [parse(path.split("/")[-2]) for path in paths]
    assert len(runs) == 4
    return {(run["mask"], run[advising.UNTIL]) for run in runs}


def test_mask_ratios_stop_at_the_first_epoch_if_the_probe_compares_them():
    assert asked("probe") == {(0.5, 1), (0.75, 3)}  # the second is there from the rung before


def test_mask_ratios_go_to_the_last_epoch_by_other_measures():
    assert asked("error") == {(0.5, 3), (0.75, 3)}
