"""Pretraining a masked autoencoder, from a data set to weights, history and checkpoints."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor

from spatial_mae.data.store import Dataset
from spatial_mae.files import copy, remove, sealed_path, write_rows
from spatial_mae.models import precision
from spatial_mae.models.architecture import Architecture, attention_shapes, check_masks, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import inner_pixels
from spatial_mae.models.weights import read_metadata, save_weights
from spatial_mae.training.augmentation import random_resized_crop_flip
from spatial_mae.training.batch_masks import BatchMasks
from spatial_mae.training.checkpointing import ResumeFile
from spatial_mae.training.compiling import Switchable
from spatial_mae.training.execution import Execution, Shape
from spatial_mae.training.gradients import ALL, Batch
from spatial_mae.training.loader import load_images
from spatial_mae.training.loop import Training, Weights
from spatial_mae.training.mapped_images import Images, read_ahead, take
from spatial_mae.training.optimiser import parameter_groups
from spatial_mae.training.position import Position
from spatial_mae.training.processes import check_batch
from spatial_mae.training.randomness import generator_for
from spatial_mae.training.recipe import PretrainingRecipe, ensure
from spatial_mae.training.run_folder import COMPLETED, PAUSED
from spatial_mae.training.training_data import image_hashes, pixel_statistics
from spatial_mae.training.workplace import Site, Workplace


@dataclass(frozen=True)
class PretrainingRun:
    """What is trained: an architecture on a data set, by a recipe, at a mask ratio and a seed."""

    dataset: Dataset
    architecture: Architecture
    mask_ratio: float
    recipe: PretrainingRecipe
    seed: int

    def __post_init__(self) -> None:
        """Raises ValueError if the parts do not fit together."""
        check_masks(self.architecture, self.mask_ratio, asdict(self.recipe))

    def settings(self) -> dict:
        """All that decides the weights, as plain values."""
        return {
            "architecture": to_json(self.architecture),
            "mask_ratio": self.mask_ratio,
            "recipe": asdict(self.recipe),
            "seed": self.seed,
            "data": image_hashes(self.dataset),
        }


@dataclass(frozen=True)
class PretrainingOutputs:
    """Files to write: weights (safetensors), history (csv), and a folder of epoch-{n} weights."""

    weights: Path
    history: Path
    checkpoints: Path
    code: str = ""  # fingerprint of what writes them: a rung of other code is not continued


class PretrainingTask:
    """Reconstruct what is hidden (He et al. 2022). images: uint8 (n, C, H, W), of the device."""

    counts_correct = False

    def __init__(self, run: PretrainingRun, images: Images) -> None:
        mean, deviation = pixel_statistics(images)
        start = generator_for(run.seed, 0, 0, "initialisation")
        self.module = MaskedAutoencoder(run.architecture, mean, deviation, start).to(images.device)
        self.run, self.images, self.n_images = run, images, len(images)
        self.masks = BatchMasks(run.architecture, run.mask_ratio, run.recipe, run.seed)
        self.n_visible = self.masks.n_visible
        self._loss = Switchable(self.module, "loss", fixed=run.recipe.fixed_count)

    def groups(self) -> list[dict]:
        return parameter_groups(self.module, self.run.recipe.weight_decay)

    def will_read(self, batches: Iterable[Tensor], epoch: int) -> None:
        read_ahead(self.images, batches)

    def batch(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> Batch:
        recipe, device = self.run.recipe, self.images.device
        crops = generator_for(self.run.seed, epoch, step, "crops", device)
        images = random_resized_crop_flip(
            take(self.images, indices[part]),
            crops,
            recipe.crop_scale,
            flip=recipe.flip,
            part=(part, len(indices)),
        )
        return images, self.masks.of(len(indices), epoch, step, device)[part]

    def weight(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> Tensor | int:
        recipe = self.run.recipe
        masks = self.masks.of(len(indices), epoch, step, self.images.device)[part]
        if recipe.boundary_width:
            return inner_pixels(masks, self.run.architecture, recipe.boundary_width).sum()
        counted = recipe.sampling != "bernoulli" or recipe.loss_on == "all"
        return len(masks) if counted else masks.sum()

    def loss(self, batch: Batch) -> tuple[Tensor, None]:
        recipe = self.run.recipe
        choices = (recipe.loss_on, recipe.normalise_targets, recipe.boundary_width)
        return self._loss(*batch, *choices, self.n_visible), None

    def describe(self) -> dict:
        recipe = self.run.recipe
        chosen = ["sampling", "loss_on", "normalise_targets", "boundary_width"]
        chosen += ["mask_half_width"] * (recipe.mask_half_width > 0)
        return {
            "task": "pretraining",
            "architecture": to_json(self.run.architecture),
            "mask_ratio": self.run.mask_ratio,
            **{name: getattr(recipe, name) for name in chosen},
        }

    def attention_shapes(self, n_images: int) -> dict[str, Shape]:
        """With a varying number of visible patches none: the usual way knows padding."""
        if self.n_visible is None:
            return {}
        return attention_shapes(self.run.architecture, self.n_visible, n_images)

    def use(self, execution: Execution) -> None:
        how = execution.attention, execution.products
        precision.use(self.module, execution.precision, *how)
        self._loss.use(execution.mode)

    def mode(self) -> str:
        return self._loss.mode

    def give_up_compiling(self, error: Exception) -> bool:
        return self._loss.give_up(error)


def pretrain(
    run: PretrainingRun,
    workplace: Workplace,
    outputs: PretrainingOutputs,
    until_epoch: int | None = None,
) -> dict:
    """Train, or go on training, and write the outputs; return the weights' metadata.

    until_epoch: stop there (None: at the end) and keep what the run continues from, in the
    workplace's state folder. The outputs are those of that epoch, also where the run was further.

    A run whose loss or parameters stop being finite ends with status "diverged" and the weights
    of the last good epoch. Raises Interrupted (exit code 75) when asked to stop, ValueError if a
    batch has too few images for the processes that share it, or `until_epoch` is not kept.
    """
    last = run.recipe.epochs if until_epoch is None else until_epoch
    ensure(
        last in run.recipe.kept_epochs[1:],
        f"until epoch {last}: the run keeps epochs {list(run.recipe.kept_epochs[1:])}; stop at one "
        "of them, or name the epoch under `checkpoints` of the pretraining recipe",
    )
    n_images = run.recipe.n_train or run.dataset.count("train")
    check_batch(workplace.processes, run.recipe.batch_size, n_images)
    return workplace.work(_pretrain, run, outputs, last)


def _pretrain(site: Site, run: PretrainingRun, outputs: PretrainingOutputs, last: int) -> dict:
    """What each process does; the first one writes the files and its metadata are the run's."""
    folder, first = site.folder, site.processes.is_first
    images = load_images(run.dataset, "train", run.recipe.n_train, site.device)
    task = PretrainingTask(run, images)
    resume = ResumeFile(folder.path, run.settings())
    checkpoints = Checkpoints(folder.path, run, task, site.device_name)
    training = Training(
        task,
        run.recipe,
        run.seed,
        folder,
        resume,
        checkpoints.after_epoch,
        site.save_seconds,
        site.processes,
        site.requeue,
        last,
    )
    if first:
        resume.check_code(outputs.code)
        checkpoints.check(resume)
    status = training.run()
    metadata = checkpoints.metadata(training.position, status)
    if first and status == COMPLETED and last < run.recipe.epochs:
        metadata = write_rung(outputs, training, checkpoints, last)
        resume.note_code(outputs.code)
        folder.update(state=PAUSED, eta_seconds=0)
    elif first:
        write_outputs(outputs, training, metadata, checkpoints)
        resume.remove()
        checkpoints.remove()
        folder.update(state=status, eta_seconds=0)
    return metadata


class Checkpoints:
    """Weights at named epochs: in the state folder while training, where a kill cannot lose them.

    state/epoch-0004.safetensors becomes {checkpoints}/epoch-4.safetensors at the end.
    """

    def __init__(
        self, state: Path, run: PretrainingRun, task: PretrainingTask, device_name: str
    ) -> None:
        self.state, self.run, self.task, self.device_name = state, run, task, device_name

    def after_epoch(self, epoch: int, weights: Weights, position: Position) -> None:
        if epoch in self.run.recipe.kept_epochs:
            status = COMPLETED if epoch == self.run.recipe.epochs else "training"
            save_weights(self.path(epoch), weights, self.metadata(position, status))

    def check(self, resume: ResumeFile) -> None:
        """Discard a state whose checkpoints are missing; its outputs would be incomplete."""
        state = resume.load()
        done = state["position"]["epoch"] if state else -1
        due = [epoch for epoch in self.run.recipe.kept_epochs if epoch <= done]
        if not all(self.path(epoch).exists() for epoch in due):
            resume.remove()
        if resume.load() is None:
            self.remove()

    def metadata(self, position: Position, status: str) -> dict:
        return {
            "kind": "mae",
            **self.run.settings(),
            "epoch": position.epoch,
            "epochs": self.run.recipe.epochs,
            "status": status,
            "seconds": position.seconds,
            "images_per_second": position.images_per_second,
            "peak_memory_bytes": position.peak_memory,
            "precision": position.precision,
            "attention": position.attention,
            "mode": position.mode,
            "products": position.products,
            "device": self.device_name,
            "n_train": self.task.n_images,
            "parameters": sum(p.numel() for p in self.task.module.parameters()),
        }

    def collect(self, folder: Path, last_epoch: int) -> None:
        """Copy all checkpoints up to `last_epoch` into `folder`, emptied first."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for epoch in self.run.recipe.kept_epochs:
            if epoch <= last_epoch:
                copy(self.path(epoch), folder / f"epoch-{epoch}.safetensors")

    def remove(self) -> None:
        for path in self.state.glob("epoch-*.safetensors"):
            remove(path)

    def path(self, epoch: int) -> Path:
        return self.state / f"epoch-{epoch:04d}.safetensors"


def write_outputs(
    outputs: PretrainingOutputs, training: Training, metadata: Mapping, checkpoints: Checkpoints
) -> None:
    checkpoints.collect(outputs.checkpoints, metadata["epoch"])
    write_rows(outputs.history, training.position.history)
    save_weights(outputs.weights, training.weights(), dict(metadata))


def write_rung(
    outputs: PretrainingOutputs, training: Training, checkpoints: Checkpoints, last: int
) -> dict:
    """The outputs as they were after epoch `last`, also of a run that is further; its metadata."""
    checkpoints.collect(outputs.checkpoints, last)
    write_rows(outputs.history, training.position.history[:last])
    with sealed_path(outputs.weights) as temporary:
        shutil.copyfile(checkpoints.path(last), temporary)
    return read_metadata(outputs.weights)
