"""Images of a known hierarchy: their latents are kept, and 8-bit pixels lose little of them."""

from dataclasses import replace

import numpy as np
import pytest

from spatial_mae.data.hierarchical import LEVELS_PER_DEVIATION, Hierarchical, prepare
from spatial_mae.data.store import open_dataset, write_dataset
from spatial_mae.hierarchy.structural import Equations, QuadTreeModel

RECIPE = Hierarchical(
    n_train=300,
    n_test=50,
    size=(8, 8),
    channels=3,
    noise_sizes=(3, 4, 5),
    n_layers=1,
    strength=1.0,
    frequency=1.5,
)


def written(folder, recipe=RECIPE, seed=0):
    prepared = prepare(recipe, None, None, np.random.default_rng(seed))
    write_dataset(folder / "manifest.json", "tree", "hierarchical", prepared, {})
    return open_dataset(folder / "manifest.json")


def test_the_latents_of_each_image_lie_beside_it(tmp_path):
    dataset = written(tmp_path)
    names = dataset.manifest["latents"]
    assert dataset.latents("train").shape == (300, len(names)) == (300, 3 + 4 * 4 + 16 * 5)
    assert (names[0], names[3], names[-1]) == ("z2.0.0", "z1.0.0", "x3.3")
    model = QuadTreeModel.draw(
        np.random.default_rng(0).spawn(3)[0], RECIPE.noise_sizes, Equations(1, 1.0, 1.5)
    )
    for split in ("train", "test"):
        images = dataset.images(split).astype(float)
        tiles = images.reshape(len(images), 4, 2, 4, 2, 3).transpose(0, 1, 3, 2, 4, 5)
        values = (tiles.reshape(len(images), 16, 12) - 128) / LEVELS_PER_DEVIATION
        errors = model.noises(values) - dataset.latents(split)
        assert abs(errors).mean() < 0.05
    drawn = dataset.latents("train")
    assert abs(drawn.mean()) < 0.05 and abs(drawn.std() - 1) < 0.05


def test_a_seed_gives_one_data_set(tmp_path):
    first, same, other = (
        written(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert np.array_equal(first.images("train"), same.images("train"))
    assert not np.array_equal(first.images("train"), other.images("train"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise_sizes": (3, 4, 4)}, "add up to 11, a patch has 12 values"),
        ({"size": (6, 6)}, r"size \[6, 6\] does not hold 4 x 4 square patches; use \[4 p, 4 p\]"),
        ({"size": (8, 4)}, "does not hold 4 x 4 square patches"),
        ({"noise_sizes": (12,)}, r"noise_sizes: \[12\] .* a list of 2 or more"),
        ({"n_test": 0}, "n_test: 0"),
        ({"n_layers": 0}, "n_layers: 0"),
    ],
)
def test_impossible_recipes_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        prepare(replace(RECIPE, **changes), None, None, np.random.default_rng(0))
