"""One step of Mask R-CNN on drawn rectangles, here and on the CPU: no files, no pycocotools."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from benchmarks.gpu_check.context import Context
from benchmarks.gpu_check.report import Row, Skipped, judged
from spatial_mae.models.architecture import to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights

SIDE, N_IMAGES = 64, 2
BOXES = ((6, 8, 24, 20), (30, 26, 28, 30))  # left, top, width, height
ALLOWED = 0.02


def step(context: Context) -> Row:
    """Relative gap of the loss between CPU and device, proposals sampled by the same numbers."""
    try:
        import torchvision.models.detection  # noqa: F401

        from spatial_mae.detection.training import DetectionTask  # noqa: F401
    except ImportError as error:
        raise Skipped(f"torchvision's detectors cannot be imported: {error}") from error
    weights = _weights(context)
    (expected, _), (found, norm) = (
        _pass(weights, device) for device in (torch.device("cpu"), context.device)
    )
    if not math.isfinite(norm) or norm == 0:
        raise RuntimeError(f"the gradient's norm is {norm}")
    note = (
        f"loss {found:.4f}, norm of the gradient {norm:.3g}; float32 without TF32; rounding can "
        "change which of the proposals are kept, so a gap of 2% is allowed"
    )
    return judged(abs(found / expected - 1), ALLOWED, note)


def _weights(context: Context) -> Path:
    """A file with an untrained encoder."""
    path = context.scratch / "detector.safetensors"
    sizes = context.architecture(patch=8)
    model = MaskedAutoencoder(sizes, generator=torch.Generator().manual_seed(0))
    save_weights(path, model.state_dict(), {"kind": "mae", "architecture": to_json(sizes)})
    return path


def _pass(weights: Path, device: torch.device) -> tuple[float, float]:
    """The loss, and the norm of its gradient."""
    from spatial_mae.detection.training import DetectionRun, DetectionTask

    task = DetectionTask(DetectionRun(weights, _recipe(), 0), _data(), device)
    with _equal_draws(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        loss, _ = task.loss(task.batch(torch.arange(N_IMAGES), 0, 0))
        loss.backward()
    gradients = [p.grad for p in task.module.parameters() if p.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    return loss.item(), norm.item()


@contextmanager
def _equal_draws() -> Iterator[None]:
    """torch.randperm gives the CPU's numbers on every device: proposals are sampled by it."""
    original: Callable = torch.randperm
    generator = torch.Generator().manual_seed(0)

    def drawn(n: int, device: object = None, **_: object) -> torch.Tensor:
        return original(n, generator=generator).to(device or "cpu")

    with mock.patch.object(torch, "randperm", drawn):
        yield


def _recipe():
    from spatial_mae.detection.recipe import DetectionRecipe

    return DetectionRecipe(
        train_images=None,
        train_annotations=None,
        test_images=None,
        test_annotations=None,
        initialisation="pretrained",
        image_size=None,
        max_size=SIDE,
        epochs=1,
        warmup_epochs=0.0,
        batch_size=N_IMAGES,
        micro_batch=None,
        base_learning_rate=0.1,
        weight_decay=0.05,
        betas=(0.9, 0.999),
        layer_decay=1.0,
        clip_norm=None,
        flip=True,
        scale_jitter=(1.0, 1.0),
        n_train=None,
        n_test=None,
        precision="float32",
        out_channels=16,
        anchor_sizes=(8, 16, 24, 32, 48),
        regions=32,
        score_threshold=0.05,
        detections=10,
    )


def _data():
    """Two images of two rectangles each, of two categories, as read from COCO's files."""
    from spatial_mae.detection.coco import CocoImages

    class Drawn(CocoImages):
        def pixels(self, image: dict, channels: int) -> np.ndarray:
            rng = np.random.default_rng(image["id"])
            found = rng.integers(0, 100, (SIDE, SIDE, channels)).astype(np.uint8)
            for mask, value in zip(self.masks(image), (150, 230), strict=True):
                found[mask] = value
            return found

        def masks(self, image: dict) -> np.ndarray:
            found = np.zeros((len(BOXES), SIDE, SIDE), bool)
            for mask, (left, top, width, height) in zip(found, BOXES, strict=True):
                mask[top : top + height, left : left + width] = True
            return found

    numbers = range(N_IMAGES)
    images = tuple({"id": i, "file_name": "", "height": SIDE, "width": SIDE} for i in numbers)
    boxes = [{"bbox": list(box), "category_id": i + 1} for i, box in enumerate(BOXES)]
    objects = dict.fromkeys(numbers, boxes)
    return Drawn(Path(), images, objects, {}, (1, 2), ("dark", "bright"), 0, 0)
