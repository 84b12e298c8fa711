"""A training step of the masked autoencoder, against other libraries' on the same work.

Forward, backward and AdamW at 12 + 4 layers of width 192, three patches in four hidden, each
contender in a process for itself. Ours keeps freed memory, as training does. In float32
the tests check that transformers' ViTMAE and ours give the same loss and gradients. "Plain modules"
is the usual code: fused attention and projections. lightly takes part where it is installed (pip
install "lightly<1.7" timm). How much bfloat16 can gain depends on
the machine: compare the rates of its products, and transformers' network under autocast. Where
products of bfloat16 are slower than float32's, autocast takes no part, and ours multiplies the same
numbers in float32. ATEN_CPU_CAPABILITY=avx2 and ONEDNN_MAX_CPU_ISA=AVX2 keep a processor from its
newer instructions.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec

import torch

from benchmarks import peers
from benchmarks.hardware import bfloat16_rate, float32_rate
from benchmarks.timing import Worker, median, peak_memory, race, ratio
from spatial_mae.models import precision
from spatial_mae.models.architecture import (
    Architecture,
    Backbone,
    attention_shapes,
    flops_per_image,
)
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.execution import fastest_kernels
from spatial_mae.training.memory import keep_freed

SIDE = 32
MASK_RATIO = 0.75
BACKBONE = Backbone(
    width=192,
    encoder_heads=12,
    decoder_width=192,
    decoder_heads=16,
    mlp_ratio=4.0,
    class_token=True,
)
RIVAL = "transformers, float32"
RIVAL_AUTOCAST = "transformers, bfloat16 autocast"
PEERS = {"plain modules, float32": "plain", "lightly on timm, float32": "lightly"}
OURS = {"ours, float32": "float32", "ours, bfloat16": "bfloat16"}


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    sizes = {8: 4} if quick else {8: 128, 4: 64, 2: 16}
    depths, rounds = ((2, 1), 1) if quick else ((12, 4), 5)
    steps = [(_architecture(patch, depths), batch) for patch, batch in sizes.items()]
    results = [
        (f"patch size {sizes.patch_size}, {batch} images per step", _speed(sizes, batch, rounds))
        for sizes, batch in steps
    ]
    if not quick:
        results.append(("peak memory", [row for step in steps for row in _memory(*step)]))
    return results


def rival_step(sizes: Architecture, batch: int, autocast: bool = False) -> Callable[[], object]:
    """A training step of transformers' network, as it comes or with torch's autocast around it."""
    model = peers.transformers(sizes, MASK_RATIO)
    images, masks = _inputs(sizes, batch)

    def loss() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            return model(images, noise=masks.float()).loss

    return _step(model, loss)


def peer_step(name: str, sizes: Architecture, batch: int) -> Callable[[], object]:
    """A float32 step of a network of `peers`, which draws its own masks."""
    model, loss = getattr(peers, name)(sizes, MASK_RATIO)
    images, _ = _inputs(sizes, batch)
    return _step(model, lambda: loss(images))


def our_step(sizes: Architecture, batch: int, arithmetic: str) -> Callable[[], object]:
    """As training computes it on a CPU, in a process that keeps the memory it frees from now on."""
    cpu = torch.device("cpu")
    keep_freed(cpu)
    shapes = attention_shapes(sizes, sizes.n_visible(MASK_RATIO), batch)
    kernels = fastest_kernels(arithmetic, shapes, cpu)
    model = MaskedAutoencoder(sizes)
    precision.use(model, arithmetic, kernels.attention, kernels.products)
    images, masks = _inputs(sizes, batch)
    return _step(model, lambda: model.loss(images, masks))


def _architecture(patch_size: int, depths: tuple[int, int]) -> Architecture:
    return Architecture(SIDE, SIDE, 3, patch_size, 1, *depths, BACKBONE)


def _inputs(sizes: Architecture, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand((batch, 3, SIDE, SIDE), generator=generator)
    return images, draw_masks(generator, batch, sizes, MASK_RATIO, "exact")


def _step(model: torch.nn.Module, loss: Callable[[], torch.Tensor]) -> Callable[[], object]:
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step() -> None:
        loss().backward()
        optimiser.step()
        optimiser.zero_grad()

    return step


def _speed(sizes: Architecture, batch: int, rounds: int) -> list[dict]:
    """MFU: the share of this machine's rate for large products of the same type.

    bfloat16 on a machine that multiplies it more slowly than float32 is compared with float32.
    """
    ceilings = {"float32": float32_rate(), "bfloat16": bfloat16_rate()}
    codes = taking_part(
        _codes(sizes, batch) | {RIVAL_AUTOCAST: _rival_code(batch, autocast=True)}, ceilings
    )
    contenders = {name: Worker(_setting(sizes) + code) for name, code in codes.items()}
    for step in (*contenders.values(), *contenders.values()):
        step()
    seconds = race(contenders, rounds)
    for contender in contenders.values():
        contender.close()
    work = flops_per_image(sizes, MASK_RATIO) * batch / 1e9
    fastest = max(ceilings, key=ceilings.get)
    floor = work / ceilings[fastest]
    rows = [
        {
            "contender": name,
            "images/s": batch / median(seconds[name]),
            "ratio": ratio(seconds, RIVAL, name),
            "10^9 operations/s": work / median(seconds[name]),
            "MFU": work
            / median(seconds[name])
            / ceilings["float32" if "float32" in name else fastest],
        }
        for name in contenders
    ]
    last = {
        "contender": f"floor: products alone, {fastest}",
        "images/s": batch / floor,
        "ratio": median(seconds[RIVAL]) / floor,
        "10^9 operations/s": ceilings[fastest],
        "MFU": 1.0,
    }
    return [*rows, last]


def taking_part(codes: Mapping[str, str], rates: Mapping[str, float]) -> dict[str, str]:
    """The contenders, without autocast where the machine multiplies bfloat16 more slowly.

    Without its instructions a step of it takes many times as long.
    """
    slow = rates["bfloat16"] < rates["float32"]
    return {name: code for name, code in codes.items() if not (slow and name == RIVAL_AUTOCAST)}


def _memory(sizes: Architecture, batch: int) -> list[dict]:
    """Parameters, optimiser, gradients and activations of two steps."""
    baseline = f"""
import transformers
{_setting(sizes)}
tiny = training_step._architecture(8, (1, 1))
for step in (training_step.rival_step(tiny, 1), training_step.our_step(tiny, 1, "float32")):
    step()
"""
    return [
        {
            "patch size": sizes.patch_size,
            "images per step": batch,
            "contender": name,
            "MB over the imports": peak_memory(code + "\nstep()\nstep()", baseline) / 1e6,
        }
        for name, code in _codes(sizes, batch).items()
    ]


def _setting(sizes: Architecture) -> str:
    depths = sizes.encoder_depth, sizes.decoder_depth
    return f"""
from benchmarks import training_step
sizes = training_step._architecture({sizes.patch_size}, {depths})
"""


def _rival_code(batch: int, autocast: bool = False) -> str:
    return f"step = training_step.rival_step(sizes, {batch}, {autocast})"


def _codes(sizes: Architecture, batch: int) -> dict[str, str]:
    """What defines the `step` of each contender, after `_setting`."""
    ours = {
        name: f"step = training_step.our_step(sizes, {batch}, {arithmetic!r})"
        for name, arithmetic in OURS.items()
    }
    others = {
        name: f"step = training_step.peer_step({peer!r}, sizes, {batch})"
        for name, peer in PEERS.items()
        if peer != "lightly" or find_spec("lightly")
    }
    return {RIVAL: _rival_code(batch), **others, **ours}
