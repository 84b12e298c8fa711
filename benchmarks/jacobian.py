"""The Jacobian of a reconstruction, float32, three patches in four hidden, against a loop of vjp.

The loop asks autograd for one output value after another. Contenders' results are equal to float32
accuracy, as the last column shows.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.hardware import gemm_rate
from benchmarks.timing import median, peak_memory, race, ratio
from benchmarks.training_step import flops_per_image
from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.measurement import measure_jacobian
from spatial_mae.jacobian.pixels import all_pixels, hidden_pixels
from spatial_mae.jacobian.recipe import JacobianRecipe
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks

MASK_RATIO = 0.75
LOOP = "loop of torch.autograd.grad"
REVERSE = "ours, reverse mode"
OURS = "ours"
SIZES = {
    "tiny: width 96, 4 + 1 layers": (96, 6, 6, 4, 1),
    "full: width 192, 12 + 4 layers": (192, 12, 16, 12, 4),
}
STUDY = Backbone(64, 4, 32, 2, 4.0, class_token=True)
"""The networks of the study `cifar10`, of 4 + 1 blocks."""
N_AVERAGED = 100


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    tiny, full = SIZES
    # Of the full network the loop and reverse mode take every 64th output, and time is scaled.
    cases = [(tiny, 8, 64, 1)] if quick else [(tiny, 4, 1, 3), (full, 4, 64, 3), (full, 2, 256, 1)]
    results = []
    for name, patch_size, stride, rounds in cases:
        part = "" if stride == 1 else f", all but ours on one output pixel in {stride}, time scaled"
        rows = _speed(name, patch_size, stride, rounds)
        results.append((f"{name}, patch size {patch_size}{part}", rows))
    if not quick:
        results.append(("peak memory, all outputs, patch size 4", _memory(tiny)))
    n_images = 2 if quick else N_AVERAGED
    title = f"average over {n_images} images of the study cifar10's networks, one mask each"
    results.append((title, [_average(p, n_images) for p in ((8,) if quick else (8, 4, 2))]))
    return results


def problem(name: str, patch_size: int) -> tuple[MaskedAutoencoder, Tensor, Tensor]:
    """A network with random weights, an image (3, 32, 32) and a mask (P,)."""
    width, heads, decoder_heads, *depths = SIZES[name]
    backbone = Backbone(width, heads, width, decoder_heads, 4.0, class_token=True)
    sizes = Architecture(32, 32, 3, patch_size, 1, *depths, backbone)
    generator = torch.Generator().manual_seed(0)
    model = MaskedAutoencoder(sizes, generator=generator).requires_grad_(False)
    mask = draw_masks(generator, 1, sizes, MASK_RATIO, "exact")[0]
    return model, torch.rand(3, 32, 32, generator=generator), mask


def loop(model: MaskedAutoencoder, image: Tensor, mask: Tensor, outputs: Tensor) -> Tensor:
    """Derivatives (outputs, C, C, H, W), one vector-Jacobian product for each output value."""
    image = image.clone().requires_grad_(True)
    made = model.reconstruct(image[None], mask[None])[0]
    rows = torch.empty(len(outputs), len(made), *image.shape)
    for number, (row, column) in enumerate(outputs.tolist()):
        for channel, value in enumerate(made[:, row, column]):
            (rows[number, channel],) = torch.autograd.grad(value, image, retain_graph=True)
    return rows


def _speed(name: str, patch_size: int, stride: int, rounds: int) -> list[dict]:
    model, image, mask = problem(name, patch_size)
    rows = []
    for what in ("all outputs", "hidden outputs"):
        outputs = all_pixels(model.architecture)
        outputs = outputs if what == "all outputs" else hidden_pixels(model.architecture, mask)
        some = outputs[::stride]
        contenders: dict[str, Callable[[], Tensor]] = {
            LOOP: lambda some=some: loop(model, image, mask, some),
            REVERSE: lambda some=some: jacobian(model, image, mask, some, mode="reverse").kernels(),
            OURS: lambda outputs=outputs: jacobian(model, image, mask, outputs).kernels(),
        }
        found: dict[str, Tensor] = {}
        jacobian(model, image, mask, some[:1], mode="reverse")  # what torch loads at a first call
        seconds = race({c: _keep(found, c, run) for c, run in contenders.items()}, rounds)
        for slow in (LOOP, REVERSE):
            seconds[slow] = [value * len(outputs) / len(some) for value in seconds[slow]]
        found[OURS] = found[OURS][::stride]
        truth = found[LOOP]
        for contender in contenders:
            gap = (found[contender] - truth).abs().max() / truth.abs().max()
            rows.append(
                {
                    "outputs": what,
                    "contender": contender,
                    "s": median(seconds[contender]),
                    "ratio": ratio(seconds, LOOP, contender),
                    "largest gap / largest": gap.item(),
                }
            )
    return rows


def _keep(found: dict[str, Tensor], name: str, run: Callable[[], Tensor]) -> Callable[[], None]:
    return lambda: found.update({name: run()})


def _memory(name: str) -> list[dict]:
    baseline = f"""
from benchmarks import jacobian as bench
model, image, mask = bench.problem({name!r}, 4)
outputs = bench.all_pixels(model.architecture)
for run in (bench.loop, bench.jacobian):
    run(model, image, mask, outputs[:1])
"""
    codes = {
        LOOP: "bench.loop(model, image, mask, outputs)",
        REVERSE: "bench.jacobian(model, image, mask, outputs, mode='reverse')",
        OURS: "bench.jacobian(model, image, mask, outputs)",
        "ours, 8 directions at once": "bench.jacobian(model, image, mask, outputs, chunk=8)",
    }
    result = 3072 * 768 * 4 / 1e6
    rows = [
        {"contender": contender, "MB over the imports": peak_memory(code, baseline) / 1e6}
        for contender, code in codes.items()
    ]
    return [*rows, {"contender": "(the result, visible inputs)", "MB over the imports": result}]


def _average(patch_size: int, n_images: int) -> dict:
    """Every convention of the study's tables; the floor is one forward pass's products a direction.

    Weights are random: time does not depend on them.
    """
    sizes = Architecture(32, 32, 3, patch_size, 1, 4, 1, STUDY)
    generator = torch.Generator().manual_seed(0)
    model = MaskedAutoencoder(sizes, generator=generator).requires_grad_(False)
    network = Network(model, Masking(MASK_RATIO, "exact", False), "hidden", None, {})
    pixels = torch.randint(256, (n_images, 3, 32, 32), generator=generator, dtype=torch.uint8)
    recipe = JacobianRecipe(
        split="test",
        n_images=n_images,
        n_masks=1,
        outputs="hidden",
        n_outputs=None,
        n_bins=40,
        powers=(1, 2),
        channels=("sum", "separate"),
        bases=("e",),
        normalisations=("no", "visible", "all"),
        linear_centring="centred",
        linear_ridge=0.001,
        linear_flip=True,
    )
    start = time.perf_counter()
    measure_jacobian(network, None, None, Images(pixels, {}), recipe, 0)
    seconds = time.perf_counter() - start
    directions = n_images * 3 * (1024 - sizes.n_hidden(MASK_RATIO) * patch_size**2)
    floor = directions * flops_per_image(sizes, MASK_RATIO) / 3 / 1e9 / gemm_rate(np.float32)
    return {"patch size": patch_size, "s": seconds, "floor, s": floor, "aim, s": 600}
