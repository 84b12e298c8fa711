"""Images a second of pretraining, measured on this machine in a few steps. Needs torch."""

import time
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from spatial_mae.estimate.speeds import Speed
from spatial_mae.estimate.workload import Network, Training
from spatial_mae.models import precision
from spatial_mae.models.architecture import attention_shapes
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.augmentation import random_resized_crop_flip
from spatial_mae.training.compiling import Switchable
from spatial_mae.training.devices import visible_gpus
from spatial_mae.training.execution import fastest_kernels
from spatial_mae.training.optimiser import AdamW, parameter_groups
from spatial_mae.training.workplace import device_name

# A CPU is as fast with few images at once, and a step then ends soon.
CPU_IMAGES = 64
MIN_STEPS = 2


def measured_speeds(trainings: Sequence[Training], seconds: float) -> list[Speed]:
    """Steps of each network that is left to pretrain, on random images, for `seconds` each.

    A first step is not timed: it may compile the network, which takes a minute. At least two are,
    whatever they take. Batch size (on a CPU 64 images at most), crops, masks, loss, precision
    ("auto": the faster of two) and compilation are the recipe's.
    Raises ValueError if nothing is left to pretrain.
    """
    left = [t for t in trainings if not t.done and t.network.rule == "pretrain_mae"]
    recipes = {training.network: training.recipe for training in reversed(left)}
    if not recipes:
        raise ValueError("nothing is left to pretrain, so nothing to measure: drop --measure")
    device = torch.device("cuda" if visible_gpus() else "cpu")
    name = device_name(device)
    speeds = []
    for network, recipe in tqdm(recipes.items(), desc=f"measuring on {name}", unit="network"):
        types = ("float32", "bfloat16") if recipe["precision"] == "auto" else (recipe["precision"],)
        rates = [
            _rate(network, recipe, arithmetic, device, seconds / len(types)) for arithmetic in types
        ]
        speeds.append(Speed(network, max(rates), "measured", name))
    return speeds


def _rate(
    network: Network, recipe: Mapping, arithmetic: str, device: torch.device, seconds: float
) -> float:
    """Images a second of one precision."""
    size = recipe["micro_batch"] or recipe["batch_size"]
    size = min(size, CPU_IMAGES) if device.type == "cpu" else size
    shape = network.architecture
    images = torch.randint(
        256,
        (size, shape.channels, shape.height, shape.width_pixels),
        dtype=torch.uint8,
        device=device,
    )
    step = _Step(network, recipe, arithmetic, size, device)
    step(images)
    _wait(device)
    start, steps = time.perf_counter(), 0
    while steps < MIN_STEPS or time.perf_counter() - start < seconds:
        step(images)
        _wait(device)
        steps += 1
    return steps * size / (time.perf_counter() - start)


class _Step:
    """Crops, masks, forward, backward and AdamW on a batch of uint8 images (N, C, H, W)."""

    def __init__(
        self,
        network: Network,
        recipe: Mapping,
        arithmetic: str,
        n_images: int,
        device: torch.device,
    ) -> None:
        self.network, self.recipe = network, recipe
        self.generator = torch.Generator(device).manual_seed(0)
        self.model = MaskedAutoencoder(network.architecture).to(device)
        groups = parameter_groups(self.model, recipe["weight_decay"])
        self.optimiser = AdamW(groups, recipe["betas"])
        fixed = recipe["sampling"] != "bernoulli" and not recipe["mask_half_width"]
        visible = network.architecture.n_visible(network.mask_ratio, recipe["sampling"])
        self.n_visible = visible if fixed else None
        shapes = attention_shapes(network.architecture, visible, n_images) if fixed else {}
        kernels = fastest_kernels(arithmetic, shapes, device)
        precision.use(self.model, arithmetic, kernels.attention, kernels.products)
        self.loss = Switchable(self.model, "loss", fixed=fixed)
        on_gpu = device.type == "cuda"
        wanted = recipe["compile"] == "always" or (recipe["compile"] == "auto" and on_gpu)
        self.loss.use("compiled" if wanted else "plain")

    def __call__(self, images: Tensor) -> None:
        recipe, network = self.recipe, self.network
        views = random_resized_crop_flip(
            images, self.generator, recipe["crop_scale"], flip=recipe["flip"]
        )
        masks = draw_masks(
            self.generator,
            len(images),
            network.architecture,
            network.mask_ratio,
            recipe["sampling"],
        )
        choices = (recipe[key] for key in ("loss_on", "normalise_targets", "boundary_width"))
        self.loss(views, masks, *choices, self.n_visible).backward()
        self.optimiser.step(1e-6)
        self.optimiser.zero_grad()


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
