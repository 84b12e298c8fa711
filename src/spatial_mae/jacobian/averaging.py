"""Jacobians averaged over images and masks, one in memory at a time, with standard errors."""

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


def average_by_distance(
    images: Iterable[Iterable[Jacobian]], power: int, normalised: bool
) -> list[Row]:
    """Mean |J|^power (`power` 1 or 2, summed over channels) by the distance of two pixels.

    `images` gives for each image the Jacobians under its masks. A Jacobian's value at a distance,
    rounded to whole pixels, is its mean over the pairs of an output and a visible pixel there; an
    image's is the mean over its masks, and `mean` and `standard_error` are over images, which alone
    are independent. With `normalised` each output's weights first get the sum 1, as for |W| in
    `linear.influence`, and outputs that nothing moves are left out.

    Rows: distance, mean, standard_error (NaN of one image), n_images, n_pairs (over images and
    masks). Distances without a pair have no row. Raises ValueError for another power or no image.
    """
    over_images = RunningMean()
    n_pairs = torch.zeros((), dtype=torch.long)
    for jacobians in images:
        over_masks = RunningMean()
        for found in jacobians:
            profile, pairs = _profile(found, power, normalised)
            over_masks.add(profile)
            n_pairs = n_pairs + pairs
        if over_masks.mean.ndim:
            over_images.add(over_masks.result()[0])
    if not over_images.mean.ndim:
        raise ValueError("no Jacobian to average; give at least one image with one mask")
    mean, error = over_images.result()
    columns = {"mean": mean, "standard_error": error, "n_images": over_images.n, "n_pairs": n_pairs}
    values = {name: column.tolist() for name, column in columns.items()}
    return [
        {"distance": distance} | {name: column[distance] for name, column in values.items()}
        for distance in range(len(mean))
        if values["n_images"][distance]
    ]


def _profile(jacobian: Jacobian, power: int, normalised: bool) -> tuple[Tensor, Tensor]:
    """Mean weight, NaN without a pair, and pairs at each distance up to the image's diagonal."""
    found = (shares if normalised else weights)(jacobian, power, "sum")[:, 0, :, 0]
    moved = ~found.isnan()
    longest = torch.tensor(jacobian.hidden.shape, dtype=torch.float64).norm().round().long()
    bins = distances(jacobian).round().long()[moved]
    sums = torch.bincount(bins, weights=found[moved], minlength=int(longest) + 1)
    pairs = torch.bincount(bins, minlength=int(longest) + 1)
    return (sums / pairs).cpu(), pairs.cpu()


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
