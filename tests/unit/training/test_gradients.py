"""Images are made when their micro-batch is due; out of memory halves it, once, or is an error."""

import weakref

import pytest
import torch
from torch import nn

from spatial_mae.training.gradients import Gradients
from spatial_mae.training.processes import Processes

N = 8
INPUTS = torch.linspace(-1, 1, N)[:, None]


class Task:
    """The mean of squares; `room(n_images)` may raise what an allocation would."""

    n_images, counts_correct = N, False

    def __init__(self, room):
        self.module, self.room, self.sizes = nn.Linear(1, 1), room, []
        nn.init.ones_(self.module.weight)

    def batch(self, indices, epoch, step, part):
        return (INPUTS[indices[part]],)

    def weight(self, indices, epoch, step, part):
        return len(indices[part])

    def loss(self, batch):
        self.sizes.append(len(batch[0]))
        self.room(len(batch[0]))
        return self.module(batch[0]).square().mean(), None

    def give_up_compiling(self, error):
        return False


def fits(limit, error=None):
    def room(size):
        if size > limit:
            raise error or torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 EiB")

    return room


def gradients(room, micro_batch=None, n_images=N):
    """(gradients, task, weight gradient) after a step over `n_images` images."""
    task = Task(room)
    made = Gradients(task, torch.device("cpu"), micro_batch)
    made.of(torch.arange(n_images), 0, 0)
    return made, task, task.module.weight.grad


def test_what_was_added_before_memory_ran_out_does_not_count_twice():
    calls = []

    def room(size):
        calls.append(size)
        if len(calls) == 2:
            raise MemoryError

    torch.manual_seed(0)
    made, _, found = gradients(room, micro_batch=4)
    assert calls == [4, 4, 2, 2, 2, 2] and made.micro_batch == 2
    torch.manual_seed(0)
    torch.testing.assert_close(found, gradients(fits(N))[2])


class Holding(Task):
    """Counts the images that exist at a time."""

    held = most = 0

    def batch(self, *place):
        (inputs,) = super().batch(*place)
        inputs = inputs.clone()
        self.held += len(inputs)
        self.most = max(self.most, self.held)
        weakref.finalize(inputs, self.let_go, len(inputs))
        return (inputs,)

    def let_go(self, n_images):
        self.held -= n_images


@pytest.mark.parametrize(
    ("micro_batch", "limit", "most"), [(None, N, N), (3, N, 3), (1, N, 1), (4, 2, 4)]
)
def test_no_more_images_exist_than_a_micro_batch_has(micro_batch, limit, most):
    task = Holding(fits(limit))
    made = Gradients(task, torch.device("cpu"), micro_batch)
    made.of(torch.arange(N), 0, 0)
    assert (task.most, task.held) == (most, 0)
    task.most = 0
    made.of(torch.arange(N), 0, 1)
    assert task.most == (made.micro_batch or N) <= limit


def test_micro_batches_are_announced_in_their_size_of_now():
    """Also to one process of two; after memory ran out, from the batch in hand on."""
    task, announced = Task(fits(3)), []
    task.will_read = lambda batches, epoch: announced.append((epoch, [b.tolist() for b in batches]))
    made = Gradients(task, torch.device("cpu"), 4)
    batches = [torch.tensor([7, 5, 3, 1, 0, 2]), torch.tensor([4, 6, 1, 2, 3, 0])]
    made.will_read(batches, 5)
    made.of(batches[0], 5, 0)
    made.of(batches[1], 5, 1)
    whole = [[7, 5, 3, 1], [0, 2], [4, 6, 1, 2], [3, 0]]
    halves = [[7, 5], [3, 1], [0, 2], [4, 6], [1, 2], [3, 0]]
    assert announced == [(5, whole), (5, halves)]
    Gradients(task, torch.device("cpu"), 2, Two()).will_read(batches, 6)
    assert announced[2:] == [(6, [[7, 5], [3], [4, 6], [1]])]


def test_half_is_half_of_what_did_not_fit():
    """A micro-batch larger than the batch is no step towards one that fits."""
    made, task, _ = gradients(fits(3), micro_batch=64, n_images=6)
    assert task.sizes == [6, 3, 3] and made.micro_batch == 3


@pytest.mark.parametrize("limit", [0, 2])
def test_out_of_memory_twice_is_a_clear_error(limit):
    with pytest.raises(RuntimeError, match="micro-batches of 4 images: set a smaller micro_batch"):
        gradients(fits(limit))


def test_a_single_image_cannot_be_halved():
    with pytest.raises(RuntimeError, match="micro-batches of 1 images"):
        gradients(fits(0), micro_batch=1)


def test_a_batch_made_before_is_halved_as_well():
    task = Task(fits(4))
    made = Gradients(task, torch.device("cpu"), None)
    made.of_batch((INPUTS,))
    assert task.sizes == [8, 4, 4]
    with pytest.raises(RuntimeError, match="micro-batches of 4 images"):
        task.room = fits(2)
        made.of_batch((INPUTS,))


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="shapes do not match"):
        gradients(fits(0, RuntimeError("shapes do not match")))


class Two(Processes):
    """The first of two processes, whose other one adds nothing."""

    size = 2


def test_of_several_processes_none_begins_its_part_again():
    task = Task(fits(3))
    made = Gradients(task, torch.device("cpu"), None, Two())
    with pytest.raises(RuntimeError, match="micro-batches of 4 images: .* more processes share"):
        made.of(torch.arange(N), 0, 0)
    assert task.sizes == [4]


class Empty(Task):
    """No image has a term."""

    def weight(self, indices, epoch, step, part):
        return torch.zeros((), dtype=torch.int64)

    def loss(self, batch):
        loss, _ = super().loss(batch)
        return 0 * loss, None


@pytest.mark.parametrize(("micro_batch", "processes"), [(4, Processes()), (None, Two())])
def test_a_batch_without_terms_adds_nothing(micro_batch, processes):
    task = Empty(fits(N))
    sums = Gradients(task, torch.device("cpu"), micro_batch, processes).of(torch.arange(N), 0, 0)
    assert sums.tolist() == [0, 0]
    assert task.module.weight.grad.tolist() == [[0]]
