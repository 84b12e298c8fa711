"""Jacobians averaged over images and masks, one in memory at a time, with standard errors."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from spatial_mae.files import Row
from spatial_mae.jacobian.jacobian import Jacobian
from spatial_mae.jacobian.locality import distances, shares, weights


class RunningMean:
    """Mean and standard error of float64 arrays of one shape, entries that are NaN left out."""

    def __init__(self) -> None:
        self.n = self.mean = self.squares = torch.zeros((), dtype=torch.float64)

    def add(self, values: Tensor) -> None:
        """Welford's update, which loses no digits to a large mean."""
        counted = ~values.isnan()
        self.n = self.n + counted
        step = torch.where(counted, values - self.mean, 0.0)
        mean = self.mean + step / self.n.clamp(min=1)
        self.squares = self.squares + torch.where(counted, step * (values - mean), 0.0)
        self.mean = mean

    def result(self) -> tuple[Tensor, Tensor]:
        """Mean (NaN of nothing) and standard error (NaN of fewer than two)."""
        mean = torch.where(self.n > 0, self.mean, torch.nan)
        error = (self.squares / (self.n - 1) / self.n).sqrt()
        return mean, torch.where(self.n > 1, error, torch.nan)


class DistanceProfile:
    """Mean |J|^power (`power` 1 or 2, summed over channels) by the distance of two pixels.

    A Jacobian's value at a distance, rounded to whole pixels, is its mean over the pairs of an
    output and a visible pixel there; an image's is the mean over its masks, and the profile's the
    mean over images, which alone are independent. With `normalised` each output's weights first get
    the sum 1, as for |W| in `linear.influence`, and outputs that nothing moves are left out.
    """

    def __init__(self, power: int, normalised: bool) -> None:
        self.power, self.normalised = power, normalised
        self.over_images = RunningMean()
        self.n_pairs = torch.zeros((), dtype=torch.long)

    def add(self, jacobians: Iterable[Jacobian]) -> None:
        """The Jacobians of one image under its masks. ValueError for another power, or none."""
        over_masks = RunningMean()
        for found in jacobians:
            profile, pairs = self._profile(found)
            over_masks.add(profile)
            self.n_pairs = self.n_pairs + pairs
        if not over_masks.mean.ndim:
            raise ValueError("no Jacobian to average; give at least one mask per image")
        self.over_images.add(over_masks.result()[0])

    def rows(self) -> list[Row]:
        """distance, mean, standard_error (None of one image), n_images, n_pairs.

        Distances without a pair have no row. n_pairs counts over images and masks.
        """
        mean, error = (values.tolist() for values in self.over_images.result())
        counts = self.over_images.n.long().tolist(), self.n_pairs.tolist()
        return [
            {
                "distance": distance,
                "mean": mean[distance],
                "standard_error": number(error[distance]),
                "n_images": n_images,
                "n_pairs": n_pairs,
            }
            for distance, (n_images, n_pairs) in enumerate(zip(*counts, strict=True))
            if n_images
        ]

    def _profile(self, jacobian: Jacobian) -> tuple[Tensor, Tensor]:
        """Mean weight, NaN without a pair, and pairs at each distance up to the diagonal."""
        choose = shares if self.normalised else weights
        found = choose(jacobian, self.power, "sum")[:, 0, :, 0]
        moved = ~found.isnan()
        longest = torch.tensor(jacobian.hidden.shape, dtype=torch.float64).norm().round().long()
        bins = distances(jacobian).round().long()[moved]
        sums = torch.bincount(bins, weights=found[moved], minlength=int(longest) + 1)
        pairs = torch.bincount(bins, minlength=int(longest) + 1)
        return (sums / pairs).cpu(), pairs.cpu()


def number(value: float) -> float | None:
    """A value for a table, whose empty cells are what could not be computed."""
    return None if math.isnan(value) else value


class MeanKernels:
    """The mean Jacobian of a few output pixels, with standard errors, over images and masks.

    A pair of pixels counts where the mask shows the input and, with `hidden_only`, hides the
    output. Images and masks are taken as independent. Holds five float64 arrays
    (outputs, C, C, H, W).
    """

    def __init__(self, absolute: bool, hidden_only: bool) -> None:
        """`absolute` averages |J| instead of J."""
        self.absolute, self.hidden_only = absolute, hidden_only
        self.outputs: Tensor | None = None
        self.running = RunningMean()

    def add(self, jacobian: Jacobian) -> None:
        """Raises ValueError for other output pixels than the first Jacobian's."""
        outputs = jacobian.outputs.cpu()
        self.outputs = outputs if self.outputs is None else self.outputs
        if not torch.equal(self.outputs, outputs):
            raise ValueError("this Jacobian is of other output pixels than those before it")
        kernels = jacobian.kernels().double().cpu()
        hidden = jacobian.hidden.cpu()
        kernels = (kernels.abs() if self.absolute else kernels).masked_fill(hidden, torch.nan)
        if self.hidden_only:
            kernels[~hidden[outputs[:, 0], outputs[:, 1]]] = torch.nan
        self.running.add(kernels)

    def result(self) -> tuple[Tensor, Tensor]:
        """Mean and standard error, (outputs, C, C, H, W): NaN where too few were counted."""
        return self.running.result()
