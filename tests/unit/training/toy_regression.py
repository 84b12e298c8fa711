"""A regression that trains in a moment, and runs of it by the loop."""

from types import SimpleNamespace

import torch
from torch import nn

from spatial_mae.training.checkpointing import ResumeFile
from spatial_mae.training.loop import Training
from spatial_mae.training.optimiser import parameter_groups
from spatial_mae.training.randomness import generator_for
from spatial_mae.training.run_folder import open_run

N, EPOCHS, BATCH = 40, 3, 8
STEPS = N // BATCH
RECIPE = SimpleNamespace(
    epochs=EPOCHS,
    warmup_epochs=0.4,
    batch_size=BATCH,
    micro_batch=None,
    base_learning_rate=1.0,
    weight_decay=0.1,
    betas=(0.9, 0.95),
    precision="float32",
    clip_norm=None,
    ema_decay=None,
    compile="never",
)


class Regression:
    """Noisy linear regression on random subsets; `disturb(epoch, step)` may do harm."""

    counts_correct = True
    n_images = N

    def __init__(self, disturb=lambda epoch, step: None):
        start = generator_for(0, 0, 0, "data")
        self.inputs = torch.randn(N, 4, generator=start)
        self.targets = self.inputs.sum(1, keepdim=True)
        self.module = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        for p in self.module.parameters():
            nn.init.normal_(p, std=0.3, generator=start)
        self.disturb, self.precisions, self.sizes = disturb, [], []
        self.announced, self.asked = [], []

    def groups(self):
        return parameter_groups(self.module, RECIPE.weight_decay)

    def will_read(self, batches, epoch):
        self.announced += batches

    def batch(self, indices, epoch, step, part=slice(None)):
        self.asked.append(indices[part])
        self.harm = self.disturb(epoch, step)
        counts = self.counts(len(indices), epoch, step)[part]
        return self.inputs[indices][part], self.targets[indices][part], counts

    def counts(self, n, epoch, step):
        generator = generator_for(0, epoch, step, "noise")
        counts = torch.randint(0, 2, (n,), generator=generator).float()
        counts[0] = 1
        return counts

    def weight(self, indices, epoch, step, part=slice(None)):
        return self.counts(len(indices), epoch, step)[part].sum()

    def loss(self, batch):
        inputs, targets, counts = batch
        self.sizes.append(len(inputs))
        if isinstance(self.harm, Exception):
            raise self.harm
        if callable(self.harm):
            self.harm(len(inputs))
        error = (self.module(inputs) - targets).square().squeeze(1)
        loss = (error * counts).sum() / counts.sum().clamp(min=1)
        return loss * (self.harm if isinstance(self.harm, float) else 1), (error < 1).sum()

    def describe(self):
        return {"task": "regression"}

    def attention_shapes(self, n_images):
        return {}

    def use(self, execution):
        self.precisions.append(execution.precision)

    def mode(self):
        return "plain"

    def give_up_compiling(self, error):
        return False


def train(folder, task=None, after_epoch=lambda *_: None, **changes):
    """(status, training) of a run in `folder`, continued if there is something to continue."""
    recipe = SimpleNamespace(**vars(RECIPE) | changes)
    task = task or Regression()
    with open_run(folder) as run:
        resume = ResumeFile(folder, {"toy": True})
        training = Training(task, recipe, 0, run, resume, after_epoch, save_seconds=1e9)
        return training.run(), training


def outcome(training):
    times = {"seconds", "images_per_second", "peak_memory_bytes"}
    rows = [{k: v for k, v in r.items() if k not in times} for r in training.position.history]
    weights = {name: value.clone() for name, value in training.weights().items()}
    return rows, weights


def assert_same(first, second):
    assert first[0] == second[0]
    assert all(torch.equal(first[1][name], second[1][name]) for name in first[1])
