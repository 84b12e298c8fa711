"""The command that asks for advice, as a shell reads it."""

import shlex

import pytest

from spatial_mae.report.advice import how_to_ask

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
