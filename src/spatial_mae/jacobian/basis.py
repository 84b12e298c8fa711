"""The kernels of a few output pixels over training: how they spread, and differ between images."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatial_mae.evaluation.features import unit_range
from spatial_mae.files import Row
from spatial_mae.jacobian.adaptivity import adaptivity
from spatial_mae.jacobian.averaging import RunningMean, number
from spatial_mae.jacobian.entropy import spatial_entropy
from spatial_mae.jacobian.inputs import Images, Network, hiding_masks
from spatial_mae.jacobian.jacobian import Jacobian
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.locality import spread, weights
from spatial_mae.jacobian.measurement import NetworkSource
from spatial_mae.jacobian.pixels import pixel_mask
from spatial_mae.jacobian.recipe import BasisRecipe
from spatial_mae.training.randomness import generator_for

DIGITS = 6
"""Significant digits of the pictures' numbers."""


@dataclass(frozen=True)
class Basis:
    """numbers: spread, entropy and adaptivity of each output at each epoch. kernels: pictures.

    Rows of pictures have `source`: "image" (the pixels, and which are hidden), "network" (a kernel
    of one image at one epoch) or "linear" (W's kernel, the same for all images).
    """

    numbers: list[Row]
    kernels: list[Row]


def track_basis(
    networks: Sequence[Callable[[], Network]],
    linear: LinearModel | None,
    images: Images,
    recipe: BasisRecipe,
    seed: int,
) -> Basis:
    """Kernels of the recipe's pixels in every network, the checkpoints of one run in order.

    One mask, drawn among those that hide the pixels, serves all images and epochs. `networks` are
    opened one after another. Raises ValueError as `inputs.hiding_masks`, or for fewer images than
    the recipe wants.
    """
    if len(images.pixels) < recipe.n_images:
        raise ValueError(f"{len(images.pixels)} images for n_images {recipe.n_images}: bring more")
    pixels = unit_range(images.pixels)
    outputs = torch.tensor([list(pixel) for pixel in recipe.pixels])
    found, mask, last = Basis([], []), None, None
    for opened in networks:
        last = opened()
        if mask is None:
            generator = generator_for(seed, 0, 0, "basis mask")
            mask = hiding_masks(generator, 1, last, recipe.pixels)[0]
            found.kernels.extend(_pictures(last, mask, pixels[: recipe.n_shown]))
        source = NetworkSource(last, hidden_only=True)
        jacobians = [source(image, mask, outputs) for image in pixels]
        _add(found, jacobians, {"source": "network", "epoch": last.epoch}, recipe, recipe.n_shown)
    if linear is not None:
        jacobians = [linear.jacobian(mask, outputs) for _ in pixels]
        _add(found, jacobians, {"source": "linear", "epoch": None}, recipe, 1)
    common = images.columns | last.columns | {"n_images": len(pixels), "n_masks": 1}
    return Basis(*([common | row for row in rows] for rows in (found.numbers, found.kernels)))


def _add(
    found: Basis, jacobians: Sequence[Jacobian], key: Row, recipe: BasisRecipe, n_shown: int
) -> None:
    adaptive = adaptivity(jacobians).tolist()
    for output, place in enumerate(recipe.pixels):
        of = key | {"output": output, "output_row": place[0], "output_column": place[1]}
        one_kernel = key["source"] == "linear"
        found.numbers.extend(of | row for row in _numbers(jacobians, output, recipe, one_kernel))
        found.numbers.append(of | {"measure": "adaptivity", "value": number(adaptive[output])})
        for image, jacobian in enumerate(jacobians[:n_shown]):
            shown = {"image": None if one_kernel else image}
            common = of | shown | {"adaptivity": number(adaptive[output])}
            found.kernels.extend(common | row for row in _kernel(jacobian, output, recipe))


def _numbers(
    jacobians: Sequence[Jacobian], output: int, recipe: BasisRecipe, one_kernel: bool
) -> Iterator[Row]:
    """Means over images, and their standard errors where each image has its own kernel."""
    for power, channels in recipe.weightings():
        row = {"power": power, "channels": channels}
        values = [spread(jacobian, power, channels)[output] for jacobian in jacobians]
        yield {"measure": "spread"} | row | _mean(values, one_kernel)
        for base, normalised in recipe.units():
            units = {"base": base, "normalised": normalised}
            values = [
                spatial_entropy(jacobian, power, channels, base, normalised)[output]
                for jacobian in jacobians
            ]
            yield {"measure": "entropy"} | row | units | _mean(values, one_kernel)


def _mean(values: Sequence[Tensor], one_kernel: bool) -> Row:
    running = RunningMean()
    for value in values:
        running.add(value.mean()[None].cpu())
    mean, error = (number(result.item()) for result in running.result())
    return {"value": mean, "standard_error": None if one_kernel else error}


def _kernel(jacobian: Jacobian, output: int, recipe: BasisRecipe) -> Iterator[Row]:
    """|J| of one output at every pixel, with the numbers of the recipe's first convention."""
    first = next(recipe.all())
    chosen = (first.power, first.channels)
    entropy = spatial_entropy(jacobian, *chosen, first.base, first.normalised)[output].mean()
    reach = spread(jacobian, *chosen)[output].mean()
    numbers = {"spread": number(reach.item()), "entropy": number(entropy.item())}
    inputs = jacobian.inputs.tolist()
    values = weights(jacobian, 1, "sum")[output, 0, :, 0].tolist()
    shown = {tuple(pixel): value for pixel, value in zip(inputs, values, strict=True)}
    for row, column in _places(jacobian.hidden):
        weight = float(f"{shown.get((row, column), 0.0):.{DIGITS}g}")
        yield {"row": row, "column": column, "weight": weight} | numbers


def _pictures(network: Network, mask: Tensor, pixels: Tensor) -> Iterator[Row]:
    hidden = pixel_mask(network.model.architecture, mask)
    for image, picture in enumerate(pixels):
        for row, column in _places(hidden):
            values = picture[:, row, column].tolist()
            yield {
                "source": "image",
                "image": image,
                "row": row,
                "column": column,
                "hidden": int(hidden[row, column]),
            } | {f"original_{c}": round(value, DIGITS) for c, value in enumerate(values)}


def _places(hidden: Tensor) -> Iterator[tuple[int, int]]:
    height, width = hidden.shape
    return ((row, column) for row in range(height) for column in range(width))
