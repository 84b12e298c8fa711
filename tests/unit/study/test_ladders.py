"""The ladder of recipes: what does not fit is named before anything runs."""

import re

import pytest

from spatial_mae.study import ladders

RECIPE = {"epochs": 3, "warmup_epochs": 1.0, "checkpoints": (), "batch_size": 64}


def config(names=("a", "b"), **changes):
    recipes = {"a": RECIPE, "b": {**RECIPE, "epochs": 10, "warmup_epochs": 2.0, **changes}}
    return {"study": "s", "ladder": names, "recipes": {"pretraining": recipes}}


def test_a_ladder_in_order():
    assert list(ladders.misfits(config())) == []
    assert ladders.rungs(config()) == {"a": 3, "b": 10}


@pytest.mark.parametrize(
    ("names", "changes", "message"),
    [
        (("a", "c"), {}, r"\['c'\] are no recipes of pretraining; there are \['a', 'b'\]"),
        (("b", "a"), {}, r"epochs increase; these have \[10, 3\]"),
        (("a",), {}, "list two recipes or more"),
        (("a", "b"), {"batch_size": 128}, r"differ by \['batch_size'\]"),
    ],
)
def test_what_is_no_ladder_is_refused(names, changes, message):
    (found,) = ladders.misfits(config(names, **changes))
    assert re.search(message, found)


def test_a_study_without_a_ladder_says_what_to_do():
    with pytest.raises(ValueError, match=r"workflow/studies/ladder\.yaml"):
        ladders.rungs(config(()))
    assert list(ladders.misfits({"recipes": {}})) == []
