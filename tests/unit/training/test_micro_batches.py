"""Images made one micro-batch at a time, against a batch made whole and then cut."""

import json

import pytest
import torch
from toy_training import MODEL, PRETRAINING, toy_dataset

from spatial_mae.data.store import open_dataset
from spatial_mae.models.architecture import Backbone
from spatial_mae.models.masks import inner_pixels
from spatial_mae.study.recipes import load
from spatial_mae.training.gradients import Gradients
from spatial_mae.training.loader import load_images
from spatial_mae.training.pretraining import PretrainingRun, PretrainingTask
from spatial_mae.training.recipe import PretrainingRecipe
from spatial_mae.training.training_data import architecture_for


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(toy_dataset(tmp_path_factory.mktemp("data"), labels=False))


def a_run(dataset, patch=2, **changes):
    recipe = load(PretrainingRecipe, json.dumps(PRETRAINING | changes))
    architecture = architecture_for(dataset, load(Backbone, json.dumps(MODEL)), patch, 1, 1, 1)
    return PretrainingRun(dataset, architecture, 0.5, recipe, 0)


def whole_batch_cut(task, n_images, size):
    """(sums, gradients) where all images are made first: shares are counted from their masks."""
    recipe, architecture = task.run.recipe, task.run.architecture

    def terms(masks):
        if recipe.boundary_width:
            return inner_pixels(masks, architecture, recipe.boundary_width).sum()
        return len(masks) if recipe.sampling == "exact" else masks.sum()

    images, masks = task.batch(torch.arange(n_images), 1, 2)
    sums = torch.zeros(2, dtype=torch.float64)
    for part in zip(images.split(size), masks.split(size), strict=True):
        share = terms(part[1]) / terms(masks)
        if share > 0:
            loss = task.loss(part)[0] * share
            loss.backward()
            sums[0] += loss.detach()
    return sums, [p.grad for p in task.module.parameters()]


@pytest.mark.parametrize("micro_batch", [1, 5, 8])
@pytest.mark.parametrize("halved", [False, True])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mask_half_width": 0.3},
        {"sampling": "block"},
        {"sampling": "bernoulli"},
        {"boundary_width": 1},
        {"sampling": "bernoulli", "patch": 4},
    ],
)
def test_images_made_as_they_are_due_give_the_same_bits(dataset, changes, micro_batch, halved):
    run = a_run(dataset, **changes)
    task, other = (PretrainingTask(run, load_images(dataset, "train", 48)) for _ in range(2))
    gradients = Gradients(task, torch.device("cpu"), 2 * micro_batch if halved else micro_batch)
    plain = task.loss

    def loss(batch):
        if halved and len(batch[0]) > micro_batch:
            raise MemoryError
        return plain(batch)

    task.loss = loss
    sums = gradients.of(torch.arange(16), 1, 2)
    expected_sums, expected = whole_batch_cut(other, 16, micro_batch)
    assert torch.equal(sums, expected_sums)
    found = [p.grad for p in task.module.parameters()]
    assert all(torch.equal(one, two) for one, two in zip(found, expected, strict=True))


@pytest.mark.parametrize("micro_batch", [1, 2, 3])
def test_a_batch_in_which_no_pixel_counts_has_loss_and_gradients_of_zero(dataset, micro_batch):
    """As in one piece: of these masks none hides a pixel more than 3 from a visible one."""
    run = a_run(dataset, boundary_width=3)
    found = {}
    for size in (None, micro_batch):
        task = PretrainingTask(run, load_images(dataset, "train", 48))
        assert task.weight(torch.arange(4), 1, 0) == 0
        sums = Gradients(task, torch.device("cpu"), size).of(torch.arange(4), 1, 0)
        found[size] = [sums, *(p.grad for p in task.module.parameters() if p.grad is not None)]
    assert len(found[None]) == len(found[micro_batch]) > 1
    for whole, parts in zip(found[None], found[micro_batch], strict=True):
        assert torch.equal(whole, torch.zeros_like(whole)) and torch.equal(parts, whole)
