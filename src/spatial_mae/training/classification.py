"""Training a classifier: from scratch, or from the encoder of a pretrained masked autoencoder."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.origin import check_images
from spatial_mae.files import sha256, write_rows
from spatial_mae.models import precision
from spatial_mae.models.architecture import Architecture, from_json, to_json
from spatial_mae.models.heads import Classifier
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import load_encoder, read_metadata, save_weights
from spatial_mae.training.augmentation import random_resized_crop_flip
from spatial_mae.training.checkpointing import ResumeFile
from spatial_mae.training.compiling import Switchable
from spatial_mae.training.execution import Execution, Shape, fastest_products
from spatial_mae.training.gradients import ALL, Batch
from spatial_mae.training.loader import load_images, load_labels
from spatial_mae.training.loop import Training
from spatial_mae.training.mapped_images import Images, read_ahead, take
from spatial_mae.training.optimiser import parameter_groups
from spatial_mae.training.processes import check_batch
from spatial_mae.training.randomness import generator_for
from spatial_mae.training.recipe import ClassifierRecipe
from spatial_mae.training.training_data import image_hashes, label_hashes, pixel_statistics
from spatial_mae.training.transfer import send
from spatial_mae.training.workplace import Site, Workplace

SCORED_AT_ONCE = 256


@dataclass(frozen=True)
class ClassifierRun:
    """What is trained: an encoder of `architecture` and a head, by a recipe, with a seed.

    pretrained: weights file the encoder starts from, None: from scratch. blocks: how many of its
    last blocks are trained besides the head (0: the head alone), or "all".
    """

    dataset: Dataset
    architecture: Architecture
    recipe: ClassifierRecipe
    seed: int
    pretrained: Path | None = None
    blocks: int | str = "all"

    def __post_init__(self) -> None:
        """Raises ValueError if the parts do not fit together, or the data have no labels."""
        manifest = self.dataset.manifest
        if not manifest["classes"]:
            raise ValueError(
                f"data set {manifest['dataset']!r} has no labels to train a classifier with: name "
                "a data set with classes, or drop this experiment"
            )
        depth = self.architecture.encoder_depth
        if self.blocks != "all" and not 0 <= self.blocks <= depth:
            raise ValueError(f"blocks {self.blocks}: expected 0 to {depth} (the depth), or all")
        check_images(self.dataset, self.architecture)

    def settings(self) -> dict:
        """All that decides the weights, as plain values."""
        return {
            "architecture": to_json(self.architecture),
            "recipe": asdict(self.recipe),
            "seed": self.seed,
            "blocks": self.blocks,
            "pretrained": self.pretrained and sha256(self.pretrained),
            "data": image_hashes(self.dataset) | label_hashes(self.dataset),
        }

    def encoder(self, images: Images) -> VisionTransformer:
        """The encoder before training, on the CPU. images: the training images."""
        if self.pretrained:
            return load_encoder(self.pretrained, expected=self.architecture)[0]
        start = generator_for(self.seed, 0, 0, "initialisation")
        return VisionTransformer(self.architecture, *pixel_statistics(images), start)

    def origin(self) -> dict:
        """What the pretraining came to: epochs reached, images, cost; all None from scratch."""
        found = read_metadata(self.pretrained) if self.pretrained else {}
        same = ("n_train", "seconds", "device", "status")
        origin = {f"pretrain_{name}": found.get(name) for name in same}
        return {"pretrain_epochs": found.get("epoch"), **origin}


@dataclass(frozen=True)
class ClassifierOutputs:
    """Files to write: scores (csv, one row), history (csv) and weights (safetensors)."""

    scores: Path
    history: Path
    weights: Path


class ClassificationTask:
    """Distinguish classes by cross-entropy.

    images: uint8 (n, C, H, W), labels: int64 (n,), on the device.
    """

    counts_correct = True

    def __init__(self, run: ClassifierRun, images: Images, labels: Tensor) -> None:
        head = generator_for(run.seed, 0, 0, "head")
        n_classes = len(run.dataset.manifest["classes"])
        network = Classifier(run.encoder(images), n_classes, run.recipe.pooling, head)
        self.module = network.to(images.device)
        self.module.blocks_to_train(run.blocks)
        self.run, self.images, self.labels, self.n_images = run, images, labels, len(images)
        self._logits = Switchable(self.module)

    def groups(self) -> list[dict]:
        recipe, depth_of = self.run.recipe, self.module.depth_of
        return parameter_groups(self.module, recipe.weight_decay, recipe.layer_decay, depth_of)

    def will_read(self, batches: Iterable[Tensor], epoch: int) -> None:
        read_ahead(self.images, batches)

    def batch(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> Batch:
        recipe, seed, device = self.run.recipe, self.run.seed, self.images.device
        crops = generator_for(seed, epoch, step, "crops", device)
        which = part, len(indices)
        images = random_resized_crop_flip(
            take(self.images, indices[part]),
            crops,
            recipe.crop_scale,
            flip=recipe.flip,
            part=which,
        )
        if recipe.randaugment:
            # Imports torchvision, which takes seconds.
            from spatial_mae.training.rand_augment import rand_augment

            operations = generator_for(seed, epoch, step, "operations")  # the CPU sorts by them
            levels = images.mul(255).round_().clamp_(0, 255).to(torch.uint8)
            images = rand_augment(levels, operations, *recipe.randaugment, which).float().div_(255)
        return images, self.labels[send(indices[part], device)]

    def weight(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> int:
        return len(indices[part])

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        images, labels = batch
        logits = self._logits(images)
        smoothing = self.run.recipe.label_smoothing
        loss = functional.cross_entropy(logits, labels, label_smoothing=smoothing)
        return loss, (logits.detach().argmax(1) == labels).sum()

    def describe(self) -> dict:
        architecture, blocks = to_json(self.run.architecture), self.run.blocks
        return {"task": "classification", "architecture": architecture, "blocks": blocks}

    def attention_shapes(self, n_images: int) -> dict[str, Shape]:
        backbone = self.run.architecture.backbone
        tokens = self.run.architecture.n_patches + int(backbone.class_token)
        heads, width = backbone.encoder_heads, backbone.width
        return {"encoder": (n_images, heads, tokens, width // heads)}

    def use(self, execution: Execution) -> None:
        how = execution.attention, execution.products
        precision.use(self.module, execution.precision, *how)
        self._logits.use(execution.mode)

    def mode(self) -> str:
        return self._logits.mode

    def give_up_compiling(self, error: Exception) -> bool:
        return self._logits.give_up(error)


def train_classifier(run: ClassifierRun, workplace: Workplace, outputs: ClassifierOutputs) -> dict:
    """Train, or go on training, and write the outputs; return the row of scores.

    The accuracies are those after the last epoch, in float32, on images as they are: nothing is
    chosen on the test images. Raises Interrupted (exit code 75) when asked to stop, ValueError if
    a batch has too few images for the processes that share it.
    """
    n_images = run.recipe.n_train or run.dataset.manifest["n_train"]
    check_batch(workplace.processes, run.recipe.batch_size, n_images)
    return workplace.work(_train_classifier, run, outputs)


def _train_classifier(site: Site, run: ClassifierRun, outputs: ClassifierOutputs) -> dict | None:
    """What each process does; the first one scores, writes the files and returns the row."""
    images = load_images(run.dataset, "train", run.recipe.n_train, site.device)
    labels = load_labels(run.dataset, "train", run.recipe.n_train, site.device)
    task = ClassificationTask(run, images, labels)
    resume = ResumeFile(site.folder.path, run.settings())
    training = Training(
        task,
        run.recipe,
        run.seed,
        site.folder,
        resume,
        save_seconds=site.save_seconds,
        processes=site.processes,
        requeue=site.requeue,
    )
    status = training.run()
    if not site.processes.is_first:
        return None
    task.module.load_state_dict(training.weights())
    row = score(run, task, training, site.device_name, status)
    write_rows(outputs.history, training.position.history)
    metadata = {"kind": "classifier", **run.settings(), **row}
    save_weights(outputs.weights, task.module.state_dict(), metadata)
    write_rows(outputs.scores, [row])
    resume.remove()
    site.folder.update(state=status, eta_seconds=0)
    return row


def score(
    run: ClassifierRun, task: ClassificationTask, training: Training, device_name: str, status: str
) -> dict:
    """The row of scores of a trained classifier; accuracies in [0, 1]."""
    device = task.images.device
    wanted = run.recipe.n_test
    test_images = load_images(run.dataset, "test", wanted, device)
    test_labels = load_labels(run.dataset, "test", wanted, device)
    precision.use(task.module, "float32", products=fastest_products(device))
    parameters = list(task.module.parameters())
    position = training.position
    return {
        "protocol": "fine_tuning" if run.pretrained else "supervised",
        "blocks": run.blocks,
        "epochs": run.recipe.epochs,
        "warmup_epochs": run.recipe.warmup_epochs,
        "batch_size": run.recipe.batch_size,
        "model_width": run.architecture.backbone.width,
        "accuracy": accuracy(task.module, test_images, test_labels),
        "train_accuracy": accuracy(task.module, task.images, task.labels),
        "seconds": position.seconds,
        "images_per_second": position.images_per_second,
        "peak_memory_bytes": position.peak_memory,
        "trainable_parameters": sum(p.numel() for p in parameters if p.requires_grad),
        "parameters": sum(p.numel() for p in parameters),
        "status": status,
        "n_train": task.n_images,
        "n_test": len(test_labels),
        "precision": position.precision,
        "device": device_name,
        **run.origin(),
    }


def accuracy(module: torch.nn.Module, images: Images, labels: Tensor) -> float:
    """Share of `images`, uint8 (n, C, H, W), whose largest logit is that of their label."""
    with torch.inference_mode():
        correct = sum(
            (module(part.float().div_(255)).argmax(1) == truth).sum()
            for part, truth in zip(
                images.split(SCORED_AT_ONCE), labels.split(SCORED_AT_ONCE), strict=True
            )
        )
    return int(correct) / len(labels)


def pretrained_architecture(weights: Path) -> Architecture:
    """The architecture inside a weights file. Raises ValueError if it is no such file."""
    return from_json(read_metadata(weights)["architecture"])
