"""What a recipe leaves out, and experiments or figures would show: named before anything runs."""

import pytest
from broken_config import broken, named

from spatial_mae.study.describing import declaration
from spatial_mae.study.measurements import FIGURES, KINDS


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("unmasked", "metrics", []),
        ("attention", "attention", False),
        ("attention_maps", "n_shown", 0),
        ("embedding", "n_classes", 0),
        ("embedding_points", "n_classes", 0),
        ("gallery", "n_gallery", 0),
    ],
)
def test_an_experiment_whose_recipe_measures_nothing_of_it(config, kind, key, value):
    entry = next(entry for entry in config["experiments"] if entry["kind"] == kind)

    def change(changed):
        changed["recipes"][KINDS[kind].recipe][entry["recipe"]][key] = value

    said = broken(config, change)
    assert f"experiment {entry['name']!r}: recipe {entry['recipe']!r} of " in said
    assert f"so the experiment would be empty; set `{key}`, or leave the experiment out" in said


@pytest.mark.parametrize("figure", ["shape_bias", "table_shape_bias", "shape_bias-small"])
def test_a_figure_of_images_that_are_not_there(config, figure):
    def change(changed):
        named(changed, "robustness")["figures"] = ["robustness", figure]

    said = broken(config, change)
    assert f"has cue_conflict: null, so figure {figure!r} would be empty; set `cue_co" in said


def test_what_is_needed_is_a_key_of_the_recipe_and_a_figure_of_the_kind():
    for name, kind in KINDS.items():
        keys = {*kind.needs, *kind.drawn_with.values()}
        fields = declaration(kind.recipe).__dataclass_fields__ if keys else {}
        assert keys <= set(fields)
        assert all(FIGURES[figure] == name for figure in kind.drawn_with)
