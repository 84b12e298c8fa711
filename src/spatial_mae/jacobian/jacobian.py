"""The exact Jacobian of a reconstruction: h(x) ~ J x + b at a masked input.

Bisulco et al. 2025, Eq. 10. J says how each output pixel moves with each visible pixel; hidden
pixels are no input, their derivative is exactly zero. Images go in and come out in [0, 1], so a
derivative is a pure number: grey levels out per grey level in.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import jvp, vjp, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from spatial_mae.jacobian.linearised import Pushforward
from spatial_mae.jacobian.memory import chunk_size
from spatial_mae.jacobian.pixels import check_outputs, pixel_mask
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.vit import VisionTransformer

Mode = Literal["forward", "reverse"]

REVERSE_COST = 2.0
"""A direction in reverse mode takes as long as two of `Pushforward`, measured on a CPU."""


@dataclass(frozen=True)
class Jacobian:
    """Derivatives of output pixels by visible pixels, every channel by every channel.

    values: (outputs, C, inputs, C), the first two output pixel and channel. outputs, inputs:
    (row, column) of pixels, int64 (n, 2). hidden: the mask of pixels, bool (H, W).
    A linear network x -> x W has values W[input, output].
    """

    values: Tensor
    outputs: Tensor
    inputs: Tensor
    hidden: Tensor
    mode: Mode
    chunk: int

    def kernels(self) -> Tensor:
        """One image of weights for each output: (outputs, C, C, H, W), zero where hidden."""
        n, channels = self.values.shape[:2]
        images = self.values.new_zeros(n, channels, channels, *self.hidden.shape)
        images[..., self.inputs[:, 0], self.inputs[:, 1]] = self.values.transpose(2, 3)
        return images


@dataclass(frozen=True)
class _Problem:
    model: nn.Module
    image: Tensor
    mask: Tensor
    hidden: Tensor
    outputs: Tensor
    inputs: Tensor
    normalised: bool

    def function(self, image: Tensor) -> Tensor:
        """Reconstruction of one image (C, H, W)."""
        extra = {"normalised": True} if self.normalised else {}
        return self.model.reconstruct(image[None], self.mask[None], **extra)[0]

    @property
    def written_out(self) -> bool:
        """Whether the forward derivative is written out for this network and these outputs."""
        all_hidden = bool(self.hidden[self.outputs[:, 0], self.outputs[:, 1]].all())
        return isinstance(self.model, MaskedAutoencoder) and (all_hidden or not self.normalised)


def jacobian(
    model: nn.Module,
    image: Tensor,
    mask: Tensor,
    outputs: Tensor,
    *,
    mode: Literal["auto", "forward", "reverse"] = "auto",
    chunk: int | None = None,
    budget_bytes: int | None = None,
    hidden_only: bool = False,
    normalised: bool = False,
) -> Jacobian:
    """Derivatives of the reconstructed `outputs` by the visible pixels of one masked image.

    image: float (C, H, W) in [0, 1]; mask: bool (P,), True = hidden; outputs: (row, column) of
    pixels, (n, 2), see `pixels.all_pixels` and `pixels.hidden_pixels`. `model` is a
    MaskedAutoencoder, or a module with `architecture` and `reconstruct` as it has them.

    Forward mode takes a direction for each value of a visible pixel, reverse mode one for each
    value of an output; "auto" takes the cheaper. `chunk` directions are computed at once, by
    default as many as `memory.chunk_size` finds room for in `budget_bytes`: give a result's `chunk`
    to the next image of the kind. Arithmetic is that of the parameters, float32, whatever the
    network trained in.

    `normalised` is for networks trained with normalised targets, as in `reconstruct`: the true
    patches' mean and deviation are then part of the function.

    Raises ValueError for a network without decoder, an image of another size, a mask that fits no
    patches or shows none, output pixels outside the image or, with `hidden_only`, visible ones;
    RuntimeError if memory is too small for one direction.
    """
    if mode not in ("auto", "forward", "reverse"):
        raise ValueError(f"mode {mode!r} is unknown; use 'auto', 'forward' or 'reverse'")
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunk {chunk} is below 1; give a number of directions, or None")
    problem = _problem(model, image, mask, outputs, hidden_only, normalised)
    channels = len(problem.image)
    n_in, n_out = len(problem.inputs) * channels, len(problem.outputs) * channels
    if mode == "auto":
        cost = REVERSE_COST if problem.written_out else 1.0
        mode = "forward" if n_in <= cost * n_out else "reverse"
    with torch.no_grad(), plain_arithmetic(model):
        push = (_forward if mode == "forward" else _reverse)(problem)
        rows, columns = (n_in, n_out) if mode == "forward" else (n_out, n_in)
        device = problem.image.device
        numbers = torch.arange(rows, device=device)
        if chunk is None:
            held = rows * columns * problem.image.element_size()
            chunk = chunk_size(lambda n: push(numbers[:n]), rows, device, budget_bytes, held)
        values = problem.image.new_empty(rows, columns)
        for start in range(0, rows, chunk):
            values[start : start + chunk] = push(numbers[start : start + chunk])
    if mode == "forward":
        values = values.T
    values = values.unflatten(1, (-1, channels)).unflatten(0, (-1, channels))
    return Jacobian(values, problem.outputs, problem.inputs, problem.hidden, mode, chunk)


@contextlib.contextmanager
def plain_arithmetic(model: nn.Module) -> Iterator[None]:
    """Inside, `model` computes in the type of its parameters, and attention is written out.

    Fused attention has no forward derivative, and bfloat16's none that is exact.
    """
    encoders = [module for module in model.modules() if isinstance(module, VisionTransformer)]
    before = [encoder.compute_dtype for encoder in encoders]
    for encoder in encoders:
        encoder.compute_dtype = encoder.patch_embedding.weight.dtype
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        for encoder, dtype in zip(encoders, before, strict=True):
            encoder.compute_dtype = dtype


def _problem(
    model: nn.Module,
    image: Tensor,
    mask: Tensor,
    outputs: Tensor,
    hidden_only: bool,
    normalised: bool,
) -> _Problem:
    if not hasattr(model, "reconstruct"):
        raise ValueError(
            f"{type(model).__name__} has no decoder and reconstructs nothing; give a "
            "MaskedAutoencoder, as `weights.load_mae` reads it from weights of kind 'mae'"
        )
    architecture = model.architecture
    expected = (architecture.channels, architecture.height, architecture.width_pixels)
    if tuple(image.shape) != expected or not image.is_floating_point():
        raise ValueError(
            f"image of shape {tuple(image.shape)} and type {image.dtype}; this network takes one "
            f"float image (C, H, W) = {expected} with values in [0, 1]"
        )
    first = next(model.parameters(), image)
    image, mask = image.to(first), mask.to(first.device)
    hidden = pixel_mask(architecture, mask)
    outputs = check_outputs(outputs, hidden, hidden_only)
    return _Problem(model, image, mask, hidden, outputs, (~hidden).nonzero(), normalised)


def _forward(problem: _Problem) -> Callable[[Tensor], Tensor]:
    """Numbers (n,) of values of visible pixels -> derivatives of all outputs by them."""
    if problem.written_out:
        return Pushforward(
            problem.model,
            problem.image,
            problem.mask,
            problem.outputs,
            problem.inputs,
            problem.normalised,
        )

    def push(numbers: Tensor) -> Tensor:
        tangents = _unit_images(problem.image, problem.inputs, numbers)
        move = vmap(lambda tangent: jvp(problem.function, (problem.image,), (tangent,))[1])
        return _read(move(tangents), problem.outputs)

    return push


def _reverse(problem: _Problem) -> Callable[[Tensor], Tensor]:
    """Numbers (n,) of values of output pixels -> their derivatives by all visible pixels."""
    _, pull = vjp(problem.function, problem.image)

    def push(numbers: Tensor) -> Tensor:
        cotangents = _unit_images(problem.image, problem.outputs, numbers)
        return _read(vmap(lambda cotangent: pull(cotangent)[0])(cotangents), problem.inputs)

    return push


def _unit_images(image: Tensor, pixels: Tensor, numbers: Tensor) -> Tensor:
    """For each number, pixel * C + channel, an image (C, H, W) that is 1 there and 0 elsewhere."""
    row, column = pixels[numbers // len(image)].T
    images = image.new_zeros(len(numbers), *image.shape)
    images[torch.arange(len(numbers), device=image.device), numbers % len(image), row, column] = 1
    return images


def _read(images: Tensor, pixels: Tensor) -> Tensor:
    """Values of `pixels` in images (n, C, H, W), channel last: (n, pixels * C)."""
    return images[:, :, pixels[:, 0], pixels[:, 1]].transpose(1, 2).flatten(1)
