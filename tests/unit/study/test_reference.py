"""The network that others' layers are compared with is named by keys of grids, and possible."""

import pytest
from broken_config import broken, named

from spatial_mae.study import configuration, relations


def comparing(config, reference: dict) -> None:
    config["recipes"]["similarity"]["to_deepest"]["reference"] = reference


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({"encoder": 2}, "reference.encoder'; did you mean 'enc'? Known: dec, enc, mask, patch"),
        ({"dataset": 2}, "unknown key 'recipes.similarity.to_deepest.reference.dataset'"),
        ({"enc": 2.5}, "reference.enc: 2.5 is not allowed; expected a whole number, 1 or more"),
        ({"enc": [2]}, "reference.enc: [2] is not allowed"),
        ({"mask": 3}, "reference.mask: 3 is not allowed; expected a number, above 0, below 1"),
        ({"patch": 5}, "patch size 5 does not divide a 32 x 32 pixel image"),
        ({"unit": 3}, "mask unit 3 does not divide"),
        ({"mask": 0.01}, "no unit is hidden"),
    ],
)
def test_a_reference_that_no_grid_could_name_is_refused(config, reference, said):
    text = broken(config, lambda changed: comparing(changed, reference))
    assert said in text and "to_deepest" in text


def test_a_reference_that_is_possible_passes_and_is_the_run_but_for_its_keys(config):
    reference = {"enc": 2, "mask": 0.75, "seed": 1}
    comparing(config, reference)
    whole = configuration.checked(config)
    assert whole["recipes"]["similarity"]["to_deepest"]["reference"] == reference
    run = {"patch": 4, "unit": 1, "mask": 0.5, "enc": 1, "dec": 1, "seed": 0}
    assert relations.reference(whole, "to_deepest", run) == run | reference


def test_what_is_wrong_with_the_run_is_not_said_of_its_reference(config):
    def change(changed):
        changed["experiments"] = [named(changed, "similarity")]
        changed["experiments"][0]["grids"][0]["patch"] = [5]
        comparing(changed, {"enc": 1})

    assert "of recipe 'to_deepest' of similarity" not in broken(config, change)
