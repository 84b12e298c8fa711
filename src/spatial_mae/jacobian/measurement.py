"""Full Jacobians of a network and of what it is compared with: reach, entropy, profiles."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from spatial_mae.evaluation.features import unit_range
from spatial_mae.files import Row
from spatial_mae.jacobian.averaging import DistanceProfile, RunningMean, number
from spatial_mae.jacobian.entropy import LOGARITHMS, nats, unit
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.jacobian import Jacobian
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.locality import distances, mean_distance, shares
from spatial_mae.jacobian.pixels import all_pixels, hidden_pixels, visible_pixels
from spatial_mae.jacobian.recipe import Convention, JacobianRecipe
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.randomness import generator_for

WEIGHTINGS = {"normalised": True, "plain": False}
"""Of the profiles by distance, see `averaging.DistanceProfile`."""

Source = Callable[[Tensor, Tensor, Tensor], Jacobian]
"""(image (C, H, W), mask (P,), outputs (n, 2)) to the Jacobian there."""


@dataclass(frozen=True)
class Measurement:
    """Tables, each with `source`: "network", "untrained", "linear" or "uniform".

    summary: mean entropy (Eq. 11) and spread. profile: |J| by distance. histogram: shares of the
    output pixels in bins of their entropy.
    """

    summary: list[Row]
    profile: list[Row]
    histogram: list[Row]


def measure_jacobian(
    network: Network,
    untrained: Network | None,
    linear: LinearModel | None,
    images: Images,
    recipe: JacobianRecipe,
    seed: int,
) -> Measurement:
    """Every source under the same masks, at the same output pixels of the same images.

    "uniform" weighs all visible pixels alike: what the masks' geometry gives by itself. Values are
    means over an image's masks and output pixels, then over images, whose standard errors are
    given. Raises ValueError and RuntimeError as `jacobian`.
    """
    sources: dict[str, tuple[Source, int | None]] = {
        "network": (NetworkSource(network), network.epoch)
    }
    if untrained is not None:
        sources["untrained"] = NetworkSource(untrained), untrained.epoch
    if linear is not None:
        sources["linear"] = (lambda image, mask, outputs: linear.jacobian(mask, outputs)), None
    sources["uniform"] = _uniform(network), None
    places = list(_places(network, len(images.pixels), recipe, seed))
    found = Measurement([], [], [])
    for name, (source, epoch) in sources.items():
        measures = _Measures(recipe)
        pictures = tqdm(unit_range(images.pixels), desc=name, unit="image", disable=None)
        for image, masks_and_outputs in zip(pictures, places, strict=True):
            measures.add([source(image, mask, outputs) for mask, outputs in masks_and_outputs])
        common = images.columns | network.columns
        common |= {
            "source": name,
            "epoch": epoch,
            "n_images": len(images.pixels),
            "n_masks": recipe.n_masks,
            "outputs": recipe.outputs,
        }
        found.summary.extend(common | row for row in measures.summary())
        found.profile.extend(common | row for row in measures.profile())
        found.histogram.extend(common | row for row in measures.histogram())
    return found


class NetworkSource:
    """Jacobians of a network, all in the mode and with the chunk of the first."""

    def __init__(self, network: Network, hidden_only: bool = False) -> None:
        self.network, self.hidden_only = network, hidden_only
        self.found: dict[str, object] = {}

    def __call__(self, image: Tensor, mask: Tensor, outputs: Tensor) -> Jacobian:
        found = self.network.jacobian(
            image, mask, outputs, hidden_only=self.hidden_only, **self.found
        )
        self.found = {"mode": found.mode, "chunk": found.chunk}
        return found


def _uniform(network: Network) -> Source:
    sizes = network.model.architecture

    def source(image: Tensor, mask: Tensor, outputs: Tensor) -> Jacobian:
        inputs = visible_pixels(sizes, mask)
        channels = sizes.channels
        one = torch.ones((), dtype=torch.float64)
        values = one.expand(len(outputs), channels, len(inputs), channels)
        hidden = ~torch.zeros(sizes.height, sizes.width_pixels, dtype=torch.bool)
        hidden[inputs[:, 0], inputs[:, 1]] = False
        return Jacobian(values, outputs, inputs, hidden, "reverse", 1)

    return source


def _places(
    network: Network, n_images: int, recipe: JacobianRecipe, seed: int
) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """The masks of each image, and under each the output pixels that are measured.

    Where these are the hidden ones, a mask that hides nothing is drawn again.
    """
    sizes, masking = network.model.architecture, network.masking
    for image in range(n_images):
        generator = generator_for(seed, 0, image, "jacobian")
        law = (sizes, masking.mask_ratio, masking.sampling)
        drawn, masks = [], draw_masks(generator, recipe.n_masks, *law)
        while recipe.outputs == "hidden" and (empty := ~masks.any(dim=1)).any():
            masks[empty] = draw_masks(generator, int(empty.sum()), *law)
        for mask in masks:
            every = hidden_pixels(sizes, mask) if recipe.outputs == "hidden" else all_pixels(sizes)
            order = torch.randperm(len(every), generator=generator)[: recipe.n_outputs]
            drawn.append((mask, every[order.sort().values]))
        yield drawn


class _Measures:
    """All measures of one source, an image at a time."""

    def __init__(self, recipe: JacobianRecipe) -> None:
        self.recipe = recipe
        self.entropies = {convention: RunningMean() for convention in recipe.all()}
        self.spreads = {weighting: RunningMean() for weighting in recipe.weightings()}
        self.counts = {c: torch.zeros(recipe.n_bins, dtype=torch.long) for c in recipe.all()}
        self.tops: dict[Convention, float] = {}
        self.profiles = {
            (power, name): DistanceProfile(power, normalised)
            for power in recipe.powers
            for name, normalised in WEIGHTINGS.items()
        }
        self.n_outputs = 0

    def add(self, jacobians: Sequence[Jacobian]) -> None:
        """The Jacobians of one image under its masks."""
        self.n_outputs += sum(len(found.outputs) for found in jacobians)
        for power, channels in self.recipe.weightings():
            spreads, entropies = [], []
            for found in jacobians:
                weights = shares(found, power, channels)
                spreads.append(mean_distance(weights, distances(found)).flatten())
                entropies.append(nats(weights).flatten())
            self.spreads[power, channels].add(_mean(spreads))
            for base, normalised in self.recipe.units():
                convention = Convention(power, channels, base, normalised)
                pairs = zip(jacobians, entropies, strict=True)
                values = [e / unit(j, channels, base, normalised) for j, e in pairs]
                self.entropies[convention].add(_mean(values))
                self._count(convention, jacobians[0], torch.cat(values))
        for profile in self.profiles.values():
            profile.add(jacobians)

    def _count(self, convention: Convention, found: Jacobian, values: Tensor) -> None:
        """Bins from 0 to the largest entropy there can be, 1 if it is normalised."""
        inputs = found.hidden.numel()
        inputs *= found.values.shape[3] if convention.channels == "separate" else 1
        free = convention.normalised == "no"
        top = math.log(inputs) / LOGARITHMS[convention.base] if free else 1.0
        self.tops[convention] = top
        bins = (values[~values.isnan()] / top * self.recipe.n_bins).floor().long()
        bins = bins.clamp(0, self.recipe.n_bins - 1).cpu()
        self.counts[convention] += torch.bincount(bins, minlength=self.recipe.n_bins)

    def summary(self) -> Iterator[Row]:
        common = {"n_outputs": self.n_outputs}
        for convention, running in self.entropies.items():
            yield {"measure": "entropy", **vars(convention)} | _result(running) | common
        for (power, channels), running in self.spreads.items():
            row = {"measure": "spread", "power": power, "channels": channels}
            yield row | _result(running) | common

    def profile(self) -> Iterator[Row]:
        for (power, weighting), profile in self.profiles.items():
            for row in profile.rows():
                yield {"power": power, "weighting": weighting} | row

    def histogram(self) -> Iterator[Row]:
        for convention, counts in self.counts.items():
            width = self.tops[convention] / self.recipe.n_bins
            for place, count in enumerate(counts.tolist()):
                yield vars(convention) | {
                    "low": place * width,
                    "high": (place + 1) * width,
                    "share": count / max(int(counts.sum()), 1),
                    "n_outputs": self.n_outputs,
                }


def _mean(values: Sequence[Tensor]) -> Tensor:
    """Mean over the outputs of each mask, then over masks, NaN left out: (1,)."""
    return torch.stack([value.nanmean() for value in values]).nanmean()[None].cpu()


def _result(running: RunningMean) -> Row:
    mean, error = (number(value.item()) for value in running.result())
    return {"value": mean, "standard_error": error}
