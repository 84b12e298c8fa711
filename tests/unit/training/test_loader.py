import numpy as np
import pytest
import torch

from spatial_mae.data.store import Batch, Prepared, open_dataset, write_dataset
from spatial_mae.training import loader
from spatial_mae.training.loader import (
    load_images,
    load_labels,
    permutation,
    steps_per_epoch,
    subset,
)


@pytest.fixture
def dataset(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (10, 4, 6, 3), dtype=np.uint8)
    batch = Batch(images, np.arange(10) % 2)
    prepared = Prepared(
        {"train": [batch], "test": [batch]}, (4, 6, 3), "as is", "none", classes=["a", "b"]
    )
    write_dataset(tmp_path / "manifest.json", "noise", "test", prepared, {})
    return open_dataset(tmp_path / "manifest.json")


def test_each_epoch_shows_every_image_once_in_another_order():
    orders = torch.stack([permutation(50, 0, epoch) for epoch in range(3)])
    assert torch.equal(orders.sort(1).values, torch.arange(50).expand(3, 50))
    assert not torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], permutation(50, 1, 0))
    assert torch.equal(orders[2], permutation(50, 0, 2))


def test_every_image_is_equally_likely_to_come_first():
    first = torch.stack([permutation(5, 0, epoch)[0] for epoch in range(2000)])
    assert (first.bincount(minlength=5) / 2000 - 0.2).abs().max() < 0.04


def test_whole_batches_are_counted_and_few_images_are_one():
    assert [steps_per_epoch(n, 8) for n in (3, 8, 15, 16)] == [1, 1, 1, 2]
    with pytest.raises(ValueError, match="batches of 0"):
        steps_per_epoch(3, 0)
    with pytest.raises(ValueError, match="0 images"):
        steps_per_epoch(0, 8)


def test_images_and_labels_of_the_same_subset(dataset, monkeypatch):
    monkeypatch.setattr(loader, "CHUNK_BYTES", 3 * 4 * 6 * 3)
    chosen = subset(10, 7)
    images, labels = load_images(dataset, "train", 7), load_labels(dataset, "train", 7)
    assert images.shape == (7, 3, 4, 6)
    assert images.dtype == torch.uint8
    assert images.is_contiguous()
    expected = dataset.images("train")[chosen]
    assert np.array_equal(images.permute(0, 2, 3, 1).numpy(), expected)
    assert labels.tolist() == (chosen % 2).tolist()
    assert np.array_equal(load_images(dataset, "test", None).numpy().shape, (10, 3, 4, 6))


def test_subsets_are_nested_seeded_and_not_the_first_images():
    assert set(subset(1000, 10)) < set(subset(1000, 50))
    assert np.array_equal(subset(1000, 10), subset(1000, 10))
    assert not np.array_equal(subset(1000, 10), np.arange(10))
    assert np.array_equal(subset(4, None), np.arange(4))


@pytest.mark.parametrize("n_wanted", [0, 11])
def test_more_images_than_there_are_is_refused(dataset, n_wanted):
    with pytest.raises(ValueError, match=f"{n_wanted} images wanted of 10"):
        load_images(dataset, "train", n_wanted)


@pytest.mark.parametrize(
    ("free", "in_memory"), [(4 * 720, True), (4 * 720 - 1, False), (0, False), (None, True)]
)
def test_images_stay_in_their_file_where_memory_is_short(
    dataset, monkeypatch, capsys, free, in_memory
):
    whole = load_images(dataset, "train", None)
    assert "10 train images, 7.2e-07 GB: in memory (cpu)" in capsys.readouterr().err
    monkeypatch.setattr(loader, "free_memory", lambda device: free)
    images = load_images(dataset, "train", None)
    assert isinstance(images, torch.Tensor) == in_memory
    assert torch.equal(images[:], whole)
    assert (f"read by batches from {dataset.directory}" in capsys.readouterr().err) != in_memory


def test_a_subset_in_the_file_is_the_subset_in_memory(dataset, monkeypatch):
    whole = load_images(dataset, "train", 7)
    monkeypatch.setattr(loader, "SHARE_OF_MEMORY", 0)
    assert torch.equal(load_images(dataset, "train", 7)[torch.arange(7)], whole)
