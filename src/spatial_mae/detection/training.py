"""Fine-tuning of a detector, all of it, and its scores. The loop is the one of all training."""

import json
import time
from collections.abc import Iterable
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatial_mae.detection.coco import CocoImages, read_coco
from spatial_mae.detection.detector import build_detector, detections
from spatial_mae.detection.recipe import DetectionRecipe
from spatial_mae.detection.samples import sample
from spatial_mae.detection.scoring import average_precision
from spatial_mae.files import Row, atomic_path, sha256, write_rows
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import load_encoder, read_metadata
from spatial_mae.training.checkpointing import ResumeFile
from spatial_mae.training.execution import Execution, Shape
from spatial_mae.training.gradients import ALL, Batch
from spatial_mae.training.loop import Training
from spatial_mae.training.optimiser import parameter_groups
from spatial_mae.training.randomness import derived_seed, generator_for
from spatial_mae.training.reading_ahead import ReadAhead
from spatial_mae.training.workplace import Site, Workplace

CHANNELS = (1, 3)


@dataclass(frozen=True)
class DetectionRun:
    """What is fine-tuned: a detector on the encoder of `weights`, by a recipe, with a seed."""

    weights: Path
    recipe: DetectionRecipe
    seed: int

    def read(self) -> tuple[CocoImages, CocoImages]:
        """Training and test images, checked. Raises ValueError as `read_coco`."""
        recipe = self.recipe
        recipe.check_paths()
        train = read_coco(Path(recipe.train_annotations), Path(recipe.train_images), recipe.white)
        test = read_coco(Path(recipe.test_annotations), Path(recipe.test_images), recipe.white)
        if (train.categories, train.names) != (test.categories, test.names):
            raise ValueError(
                f"{recipe.train_annotations} and {recipe.test_annotations} have different "
                "categories: a detector finds only what it was trained to"
            )
        return train.with_objects().first(recipe.n_train), test.first(recipe.n_test)

    def encoder(self) -> VisionTransformer:
        """The encoder before fine-tuning, on the CPU. Raises ValueError if images are no pixels."""
        encoder, _ = load_encoder(self.weights)
        channels = encoder.architecture.channels
        if channels not in CHANNELS:
            raise ValueError(
                f"{self.weights}: images of {channels} channels; a detector reads 1, 3"
            )
        if self.recipe.initialisation == "pretrained":
            return encoder
        start = generator_for(self.seed, 0, 0, "initialisation")
        statistics = encoder.pixel_mean, encoder.pixel_deviation
        return VisionTransformer(encoder.architecture, *statistics, start)

    def settings(self, train: CocoImages) -> dict:
        """All that decides the weights, as plain values. train: the training images."""
        recipe = self.recipe
        return {
            "weights": sha256(self.weights),
            "recipe": asdict(recipe),
            "seed": self.seed,
            "train_annotations": sha256(recipe.train_annotations),
            "train_images": train.state(),
        }


@dataclass(frozen=True)
class DetectionOutputs:
    """Files to write: scores (csv, one row per metric), history (csv) and the detector (.pt)."""

    scores: Path
    history: Path
    detector: Path


class DetectionTask:
    """Learn to find, name and outline objects; the loss is the sum of Mask R-CNN's five."""

    counts_correct = False

    def __init__(self, run: DetectionRun, data: CocoImages, device: torch.device) -> None:
        encoder = run.encoder()
        self.run, self.data, self.device = run, data, device
        self.channels, self.depth = encoder.architecture.channels, len(encoder.blocks)
        detector = build_detector(encoder, len(data.categories), run.recipe, run.seed)
        self.module = detector.to(device)
        self.n_images, self.precision = len(data.images), "float32"
        self._reader = ReadAhead(lambda request: partial(self._read, request), "images")

    def groups(self) -> list[dict]:
        recipe = self.run.recipe
        decays = recipe.weight_decay, recipe.layer_decay
        return parameter_groups(self.module, *decays, self.depth_of)

    def depth_of(self, name: str) -> int:
        """The depth of a parameter: 0 of the embedding, the block's number, one more elsewhere."""
        prefix = "backbone.encoder."
        if not name.startswith(prefix):
            return self.depth + 1
        part, _, rest = name.removeprefix(prefix).partition(".")
        return int(rest.partition(".")[0]) + 1 if part == "blocks" else 0

    def will_read(self, batches: Iterable[Tensor], epoch: int) -> None:
        """A thread reads and augments the images of one micro-batch ahead."""
        self._reader.will_read(self._request(batch, epoch) for batch in batches)

    def batch(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> Batch:
        """Lists of images and of targets, on the CPU, and of the seed of each."""
        request = self._request(indices[part], epoch)
        return *self._reader.get(request), request[:, 1].tolist()

    def close(self) -> None:
        """End the thread that reads."""
        self._reader.close()

    def _request(self, indices: Tensor, epoch: int) -> np.ndarray:
        """Numbers of images and the seed of each: int64 (n, 2)."""
        numbers = indices.tolist()
        seeds = [derived_seed(self.run.seed, epoch, i, "detection") for i in numbers]
        return np.array([numbers, seeds]).T

    def _read(self, request: np.ndarray) -> tuple[list, list]:
        recipe, channels = self.run.recipe, self.channels
        pairs = [sample(self.data, i, channels, recipe, seed) for i, seed in request.tolist()]
        return [image for image, _ in pairs], [target for _, target in pairs]

    def weight(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> int:
        return len(indices[part])

    def loss(self, batch: Batch) -> tuple[Tensor, None]:
        images, targets, seeds = batch
        images = [image.to(self.device) for image in images]
        targets = [{k: v.to(self.device) for k, v in target.items()} for target in targets]
        cuda = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda), self._arithmetic():
            torch.manual_seed(seeds[0])  # proposals are sampled at random
            self.module.train()
            return sum(self.module(images, targets).values()).float(), None

    def describe(self) -> dict:
        return {"task": "detection", "recipe": asdict(self.run.recipe)}

    def attention_shapes(self, n_images: int) -> dict[str, Shape]:
        """None: images differ in size, and the usual way suits their thousands of tokens."""
        return {}

    def use(self, execution: Execution) -> None:
        self.precision = execution.precision

    def mode(self) -> str:
        return "plain"

    def give_up_compiling(self, error: Exception) -> bool:
        return False

    def _arithmetic(self) -> object:
        """bfloat16 where the device is a GPU; else float32."""
        if self.precision == "bfloat16" and self.device.type == "cuda":
            return torch.autocast("cuda", torch.bfloat16)
        return nullcontext()


def fine_tune_detector(
    run: DetectionRun, workplace: Workplace, outputs: DetectionOutputs
) -> list[Row]:
    """Fine-tune, or go on, score the test images and write the outputs; return the scores.

    Everything is checked before anything is trained. Raises ValueError for files that do not fit
    or more than one process, Interrupted (exit code 75) when asked to stop.
    """
    if workplace.processes > 1:
        raise ValueError("a detector is trained by one process: leave --nproc out")
    data = run.read()
    return workplace.work(_fine_tune, run, data, outputs)


def _fine_tune(
    site: Site, run: DetectionRun, data: tuple[CocoImages, CocoImages], outputs: DetectionOutputs
) -> list[Row]:
    train, test = data
    task = DetectionTask(run, train, site.device)
    resume = ResumeFile(site.folder.path, json.loads(json.dumps(run.settings(train))))
    training = Training(
        task,
        run.recipe,
        run.seed,
        site.folder,
        resume,
        save_seconds=site.save_seconds,
        requeue=site.requeue,
    )
    with closing(task):
        status = training.run()
    start = time.perf_counter()
    found = list(detections(task.module, test, task.channels, site.device))
    seconds = time.perf_counter() - start
    common = _common(run, data, training, site) | {
        "status": status,
        "n_detections": len(found),
        "test_images_per_second": len(test.images) / seconds,
    }
    rows = [row | common for row in average_precision(test, found)]
    write_rows(outputs.history, training.position.history)
    with atomic_path(outputs.detector) as temporary:
        torch.save(task.module.state_dict(), temporary)
    write_rows(outputs.scores, rows)
    resume.remove()
    site.folder.update(state=status, eta_seconds=0)
    return rows


def _common(
    run: DetectionRun, data: tuple[CocoImages, CocoImages], training: Training, site: Site
) -> Row:
    """What the rows of a run share."""
    (train, test), recipe, position = data, run.recipe, training.position
    pretrained = read_metadata(run.weights)
    same = ("n_train", "seconds", "device", "status")
    return {
        "protocol": "detection",
        "initialisation": recipe.initialisation,
        "epochs": recipe.epochs,
        "warmup_epochs": recipe.warmup_epochs,
        "batch_size": recipe.batch_size,
        "micro_batch": position.micro_batch or recipe.micro_batch,
        "image_size": recipe.image_size,
        "model_width": pretrained["architecture"]["backbone"]["width"],
        "n_train": len(train.images),
        "n_test": len(test.images),
        "n_categories": len(test.categories),
        "train_crowds": train.n_crowds,
        "train_degenerate": train.n_degenerate,
        "test_degenerate": test.n_degenerate,
        "seconds": position.seconds,
        "images_per_second": position.images_per_second,
        "peak_memory_bytes": position.peak_memory,
        "parameters": sum(p.numel() for p in training.task.module.parameters()),
        "precision": position.precision if site.device.type == "cuda" else "float32",
        "device": site.device_name,
        "pretrain_epochs": pretrained.get("epoch"),
        **{f"pretrain_{name}": pretrained.get(name) for name in same},
    }
