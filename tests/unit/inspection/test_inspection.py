"""One pass over images: which networks and which images, and what is refused."""

import pytest


def test_each_metric_of_the_untrained_and_the_last_network(inspected):
    rows = inspected(n_images=10).unmasked
    assert [(row["epoch"], row["metric"]) for row in rows] == [
        (0, "ssim"),
        (0, "mse"),
        (3, "ssim"),
        (3, "mse"),
    ]
    assert {row["n_test"] for row in rows} == {10}
    assert all(row["seconds"] > 0 and row["pretrain_n_train"] == 60 for row in rows)


def test_images_left_in_their_file_give_the_same(inspected, monkeypatch):
    def values():
        return [row["value"] for row in inspected().unmasked]

    whole = values()
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)
    assert values() == whole


def test_a_gpu_finds_the_same(inspected, gpu):
    found, expected = inspected(device=gpu), inspected()
    for name in ("unmasked", "attention"):
        values = ([row["value"] for row in getattr(made, name)] for made in (found, expected))
        assert next(values) == pytest.approx(next(values), rel=1e-4, abs=1e-6)


def test_more_images_than_there_are_is_refused(inspected):
    with pytest.raises(ValueError, match="31 images wanted of 30"):
        inspected(n_images=31)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_images": 1}, "n_images: 1 .* 2 or more"),
        ({"metrics": ["lpips"]}, "metrics.*'lpips'"),
        ({"n_shown": -1}, "n_shown: -1 .* 0 or more"),
        ({"pixel": [3]}, r"pixel: \[3\] .* a list of 2"),
        ({"mass": 1.5}, "mass: 1.5 .* above 0, at most 1"),
    ],
)
def test_a_wrong_recipe_is_refused(recipe, changes, message):
    with pytest.raises(ValueError, match=message):
        recipe(**changes)
