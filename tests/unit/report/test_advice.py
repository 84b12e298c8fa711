"""Advice in the report: the command that asks for it, and the networks behind it."""

import shlex

import pytest
from simulated_advice import look

from spatial_mae.files import write_json
from spatial_mae.report.advice import how_to_ask, networks
from spatial_mae.study.advising import UNTIL
from spatial_mae.study.grid import parse

FOLDER = {"source": "image_folder", "root": "/my photos/at sea", "size": [24, 36]}
ARRAYS = {"source": "array_file", "root": "/photos.npz"}
GENERATED = {"source": "dead_leaves", "size": [32, 32]}


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (FOLDER, ["IMAGES=/my photos/at sea", "BUDGET=30min", "SIZE=24x36"]),
        (ARRAYS, ["IMAGES=/photos.npz", "BUDGET=30min"]),
    ],
)
def test_the_command_names_the_images_of_the_study_at_their_size(own, words):
    asked = how_to_ask({"datasets": {"leaves": GENERATED, "own": own}})
    assert shlex.split(asked) == ["make", "advise", *words]


@pytest.mark.parametrize("config", [{"datasets": {"leaves": GENERATED}}, {"advise": {"a": 1}}])
def test_nothing_is_asked_without_own_images_or_where_advice_was_given(config):
    assert how_to_ask({"datasets": {}} | config) == ""


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


def test_networks_behind_advice_count_once_with_the_last_epoch_they_reached(tmp_path):
    """Two patch sizes to epoch 3, a mask ratio more to epoch 1, three seeds to the end."""
    same = look("probe")
    first = same | {"kept": [{"patch": 4, "mask": 0.75}, {"patch": 8, "mask": 0.75}]}
    patches = same | {"kept": [{"patch": 4, "mask": 0.75, "masks": [0.5, 0.75]}]}
    masks = same | {"kept": [{"patch": 4, "mask": 0.75}]}
    for name, content in (("look", first), ("patches", patches), ("masks", masks)):
        write_json(tmp_path / "advise" / f"{name}.json", content)
    config = {"study": "mine", "advise": BLOCK} | {
        "recipes": {"pretraining": {"short": {"epochs": 9}}}
    }
    found = networks(config, tmp_path)
    assert {names[:3] for names in found} == {("photos", "small", "short")}
    runs = {names[3]: (parse(names[3]), epochs) for names, epochs in found.items()}
    assert sorted((run["patch"], run["mask"], run["seed"], n) for run, n in runs.values()) == [
        (4, 0.5, 0, 1),
        (4, 0.5, 1, 1),
        (4, 0.75, 0, 9),
        (4, 0.75, 1, 9),
        (4, 0.75, 2, 9),
        (8, 0.75, 0, 3),
        (8, 0.75, 1, 3),
    ]
    assert not any(UNTIL in run for run, _ in runs.values())
