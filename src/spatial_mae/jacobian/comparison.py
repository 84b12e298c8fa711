"""A network compared with the linear MAE: mean kernels, errors, and what an affine map explains."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from spatial_mae.evaluation.features import image_batches, unit_range
from spatial_mae.files import Row
from spatial_mae.jacobian.averaging import MeanKernels, RunningMean, number
from spatial_mae.jacobian.inputs import Images, Network, hiding_masks
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.measurement import NetworkSource
from spatial_mae.jacobian.pixels import hidden_pixels, pixel_mask
from spatial_mae.jacobian.recipe import ComparisonRecipe
from spatial_mae.jacobian.second_order import AffineFit, second_order_fit
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.randomness import generator_for

BATCH = 250


@dataclass(frozen=True)
class Comparison:
    """kernels: mean kernel of each output pixel, of both models. measures: one number per row."""

    kernels: list[Row]
    measures: list[Row]


def compare_linear(
    network: Network,
    linear: LinearModel,
    images: Images,
    fitted: Images,
    recipe: ComparisonRecipe,
    seed: int,
) -> Comparison:
    """Mean kernels over `images`, errors on them, and affine maps fitted to `fitted` images.

    Raises ValueError as `inputs.hiding_masks` and `second_order.affine_fit`.
    """
    shown, judged = (images.pixels[:n] for n in (recipe.n_images, recipe.n_errors))
    common = images.columns | network.columns
    kernels = [common | row for row in _mean_kernels(network, linear, shown, recipe, seed)]
    measures = [common | row for row in _errors(network, linear, judged, seed)]
    common = fitted.columns | network.columns
    measures += [common | row for row in _affine_maps(network, fitted.pixels, recipe, seed)]
    return Comparison(kernels, measures)


def _mean_kernels(
    network: Network, linear: LinearModel, pixels: Tensor, recipe: ComparisonRecipe, seed: int
) -> Iterator[Row]:
    """Over images under a mask each that hides the outputs, where the mask shows the input.

    "value" is the grey response: how much the mean of the output's channels moves when all channels
    of the input move by one.
    """
    outputs = torch.tensor([list(pixel) for pixel in recipe.pixels])
    generator = generator_for(seed, 0, 0, "mean kernels")
    masks = hiding_masks(generator, len(pixels), network, recipe.pixels)
    source = NetworkSource(network, hidden_only=True)
    mean, grey = MeanKernels(absolute=False, hidden_only=True), RunningMean()
    pictures = tqdm(unit_range(pixels), desc="mean kernels", unit="image", disable=None)
    for image, mask in zip(pictures, masks, strict=True):
        found = source(image, mask, outputs)
        mean.add(found)
        response = grey_response(found.kernels().double().cpu())
        grey.add(response.masked_fill(found.hidden.cpu(), torch.nan))
    network_mean = mean.result()[0]
    shown = ~network_mean[:, 0, 0].isnan()
    # W as one mask would show it that hides the outputs alone.
    linear_mean = _whole_kernels(linear, outputs).masked_fill(~shown[:, None, None], torch.nan)
    values, errors = grey.result()
    of_linear = grey_response(linear_mean)
    for source_name, kernel, error in (
        ("network", values, errors),
        ("linear", of_linear, torch.full_like(of_linear, torch.nan)),
    ):
        for output, (row, column) in enumerate(recipe.pixels):
            similarity = _cosine(network_mean[output], linear_mean[output])
            yield from (
                {
                    "source": source_name,
                    "output": output,
                    "output_row": row,
                    "output_column": column,
                    **place,
                    "n_images": len(pixels),
                    "n_masks": 1,
                    "similarity": similarity,
                    "spread": _spread(kernel[output], row, column),
                }
                for place in _pixels_of(kernel[output], error[output])
            )


def grey_response(kernels: Tensor) -> Tensor:
    """(outputs, C, C, H, W), output channel first, to (outputs, H, W)."""
    return kernels.sum(dim=2).mean(dim=1)


def _whole_kernels(linear: LinearModel, outputs: Tensor) -> Tensor:
    """W's kernels with every pixel shown: (outputs, C, C, H, W)."""
    shown = torch.zeros(linear.architecture.n_patches, dtype=torch.bool)
    return linear.jacobian(shown, outputs).kernels()


def _cosine(first: Tensor, second: Tensor) -> float | None:
    both = torch.stack([first.flatten(), second.flatten()])
    both = both[:, ~both.isnan().any(dim=0)]
    return number(torch.nn.functional.cosine_similarity(both[0], both[1], dim=0).item())


def _spread(kernel: Tensor, row: int, column: int) -> float | None:
    """Mean distance in pixels of the inputs, weighted by |kernel|."""
    places = (~kernel.isnan()).nonzero()
    sizes = kernel[places[:, 0], places[:, 1]].abs()
    away = torch.cdist(places.double(), torch.tensor([[row, column]], dtype=torch.float64))
    return number((sizes @ away[:, 0] / sizes.sum()).item())


def _pixels_of(kernel: Tensor, error: Tensor) -> Iterator[Row]:
    for row, (values, errors) in enumerate(zip(kernel.tolist(), error.tolist(), strict=True)):
        for column, (value, deviation) in enumerate(zip(values, errors, strict=True)):
            numbers = {"value": number(value), "standard_error": number(deviation)}
            yield {"row": row, "column": column} | numbers


def _errors(network: Network, linear: LinearModel, pixels: Tensor, seed: int) -> Iterator[Row]:
    model, masking = network.model, network.masking
    generator = generator_for(seed, 0, 0, "errors")
    sizes = model.architecture
    masks = draw_masks(generator, len(pixels), sizes, masking.mask_ratio, masking.sampling)
    deviation = model.encoder.pixel_deviation.cpu().double()
    device = model.encoder.positions.device

    def by_network(images: Tensor, some: Tensor) -> Tensor:
        answer = model.reconstruct(images.to(device), some.to(device), masking.normalise_targets)
        return answer.cpu()

    for name, reconstruct in (("network", by_network), ("linear", linear.reconstruct)):
        value = hidden_error(reconstruct, pixels, masks, deviation, network)
        common = {"n_images": len(pixels), "n_masks": 1}
        yield {"measure": f"{name}_error", "value": value} | common


def hidden_error(
    reconstruct: Callable[[Tensor, Tensor], Tensor],
    pixels: Tensor,
    masks: Tensor,
    deviation: Tensor,
    network: Network,
) -> float:
    """Mean squared error over hidden values of uint8 images (n, C, H, W), standardised."""
    total, count = 0.0, 0
    with torch.inference_mode():
        for start, images in image_batches(pixels, BATCH, torch.device("cpu")):
            some = masks[start : start + len(images)]
            hidden = torch.stack([pixel_mask(network.model.architecture, mask) for mask in some])
            residual = (reconstruct(images, some) - images).double() / deviation[:, None, None]
            total += (residual.square() * hidden[:, None]).sum().item()
            count += int(hidden.sum()) * len(deviation)
    return total / count


def _affine_maps(
    network: Network, pixels: Tensor, recipe: ComparisonRecipe, seed: int
) -> Iterator[Row]:
    """How much of the network's outputs the best affine map of the masked images gives."""
    generator = generator_for(seed, 0, 0, "affine maps")
    pixels = unit_range(pixels[torch.randperm(len(pixels), generator=generator)])
    one = hiding_masks(generator, 1, network, recipe.pixels)[0]
    many = hiding_masks(generator, len(pixels), network, recipe.pixels)
    chosen = torch.tensor([list(pixel) for pixel in recipe.pixels])
    for name, masks, outputs in (
        ("one_mask", one, hidden_pixels(network.model.architecture, one)),
        ("all_masks", many, chosen),
    ):
        settings = (recipe.penalties, recipe.validation_share, recipe.test_share)
        fit = second_order_fit(network.model, pixels, masks, outputs, *settings)
        common = {"measure": f"explained_{name}", "n_images": len(pixels), "n_masks": 1}
        yield common | _columns(fit)


def _columns(fit: AffineFit) -> Row:
    return {
        "value": number(fit.explained),
        "n_train": fit.n_train,
        "n_inputs": fit.n_inputs,
        "penalty": fit.penalty,
    }
