"""Images in a file against the same images as a tensor."""

import threading

import numpy as np
import pytest
import torch

from spatial_mae.training.mapped_images import MappedImages, read_ahead, slices

N, SHAPE = 37, (5, 7, 3)


@pytest.fixture(scope="module")
def array(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "images.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (N, *SHAPE), dtype=np.uint8))
    return np.load(path, mmap_mode="r")


@pytest.fixture
def images(array):
    """All but a few of the images in the file."""
    return MappedImages(array, ROWS, "cpu")


ROWS = np.delete(np.arange(N), [0, 3, 20])


@pytest.fixture
def tensor(array):
    return torch.from_numpy(array[ROWS]).permute(0, 3, 1, 2).contiguous()


@pytest.fixture
def readers(images, monkeypatch):
    """The thread of each read, and the first row it read."""
    found, read = [], images._read

    def noted(rows, pixels):
        found.append((threading.current_thread() is threading.main_thread(), int(rows[0])))
        read(rows, pixels)

    monkeypatch.setattr(images, "_read", noted)
    return found


def test_looks_like_a_tensor(images, tensor):
    assert images.shape == tensor.shape and len(images) == len(tensor)
    assert images.dtype == tensor.dtype and images.device == tensor.device
    assert images.nbytes == tensor.nbytes


@pytest.mark.parametrize(
    "index",
    [
        slice(None),
        slice(3, 9),
        slice(-4, None),
        slice(0, 0),
        torch.tensor([5, 0, 33, 5, -1]),
        torch.tensor([], dtype=torch.int64),
        torch.randperm(34, generator=torch.Generator().manual_seed(0)),
    ],
)
def test_any_images_are_those_of_the_tensor(images, tensor, index):
    found = images[index]
    assert torch.equal(found, tensor[index])
    assert found.is_contiguous() and found.dtype == torch.uint8


def test_an_image_that_is_not_there_is_an_error(images):
    with pytest.raises(IndexError, match="out of bounds"):
        images[torch.tensor([34])]


def test_for_another_device_images_are_read_as_they_lie_in_the_file(array):
    """Without that device: its shapes on `meta`, and the pixels before they are sent."""
    images = MappedImages(array, ROWS, "meta")
    found = images[torch.tensor([4, 2])]
    assert found.shape == (2, 3, 5, 7) and found.device.type == "meta" and found.is_contiguous()
    pixels = images._room(2)
    images._read(ROWS[[4, 2]], pixels)
    assert pixels.is_contiguous() and np.array_equal(pixels, array[ROWS[[4, 2]]])


@pytest.mark.parametrize("size", [1, 10, 17, 100])
def test_parts_are_those_of_the_tensor(images, tensor, size):
    parts = zip(images.split(size), tensor.split(size), strict=True)
    assert all(torch.equal(found, expected) for found, expected in parts)


def test_what_was_announced_is_read_by_a_thread_one_batch_ahead(images, tensor, readers):
    batches = torch.randperm(34, generator=torch.Generator().manual_seed(1)).split(10)
    images.will_read(batches)
    for n_used, batch in enumerate(batches, start=1):
        assert torch.equal(images[batch], tensor[batch])
        assert len(readers) <= min(n_used + 1, len(batches))
    assert readers == [(False, int(ROWS[batch[0]])) for batch in batches]


def test_requests_in_between_get_their_own_images(images, tensor, readers):
    first, second, other = torch.arange(5), torch.arange(5, 12), torch.tensor([30, 2])
    images.will_read([first, second])
    for batch in (other, first, first, other, second, second):
        assert torch.equal(images[batch], tensor[batch])
    assert sorted(main for main, _ in readers) == 2 * [False] + 4 * [True]


def test_a_batch_may_be_used_after_the_next_was_read(images, tensor):
    kept = list(images.split(5))
    assert torch.equal(torch.cat(kept), tensor)


def test_a_new_announcement_replaces_the_old(images, tensor, readers):
    images.will_read(slices(34, 4))
    images.will_read([slice(30, 34)])
    assert torch.equal(images[30:34], tensor[30:34])
    assert readers[-1] == (False, int(ROWS[30]))


def test_an_error_while_reading_ahead_reaches_the_reader_of_the_batch(images, monkeypatch):
    def fail(rows, pixels):
        raise OSError("the disk is gone")

    monkeypatch.setattr(images, "_read", fail)
    images.will_read([slice(0, 3)])
    with pytest.raises(OSError, match="the disk is gone"):
        images[0:3]


def test_a_tensor_needs_no_announcement(tensor):
    read_ahead(tensor, [slice(0, 3)])


def test_slices_cover_all():
    assert slices(7, 3) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert slices(0, 3) == []
