"""Gains of targets measured image by image, next to their predictions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from spatial_mae.data.store import Dataset
from spatial_mae.files import Row
from spatial_mae.linear.colour import pixel_rows
from spatial_mae.linear.normalisation import normalisation
from spatial_mae.linear.rotation import Whitening
from spatial_mae.linear.store import LinearRun
from spatial_mae.tasks.depth_maps import Target, depth_targets
from spatial_mae.tasks.encoders import Encoder
from spatial_mae.tasks.readout import readout_operator
from spatial_mae.tasks.targets import Goal

ROUNDING = 1e-12
"""Depths nearer to the mean than this share of the largest mean count as equal to it."""


@dataclass(frozen=True)
class Cell:
    """A mask ratio and a number of latents."""

    mask_ratio: float
    n_latents: int

    @property
    def names(self) -> Row:
        return {"mask_ratio": self.mask_ratio, "n_latents": self.n_latents}


Predict = Callable[[np.ndarray, float], dict[Cell, dict[str, float]]]


@dataclass(frozen=True)
class Judged:
    """One target. predicted: by cell and predictor. Of each test image its power |y|^2, (n,), and
    by cell the AE's loss less the MAE's, (n,).
    """

    goal: Goal
    predicted: dict[Cell, dict[str, float]]
    power: np.ndarray
    differences: dict[Cell, np.ndarray]

    def gain(self, cell: Cell) -> float:
        return float(self.differences[cell].mean() / self.power.mean())

    def standard_error(self, cell: Cell) -> float:
        excess = self.differences[cell] - self.gain(cell) * self.power
        return float(np.std(excess, ddof=1) / self.power.mean() / np.sqrt(len(self.power)))


@dataclass(frozen=True)
class Rows:
    """Images as the encoders see them (n, d), and their depth maps (n, p) or None.

    Maps are relative to the mean map of the training images behind the run's moments. n_views: how
    often each image is there: once, or first all as they are and then all mirrored.
    """

    pixels: np.ndarray
    depth: np.ndarray | None
    n_views: int

    @classmethod
    def of(
        cls,
        run: LinearRun,
        dataset: Dataset,
        split: str,
        depth: Target | None,
        most: int | None = None,
    ) -> "Rows":
        """At most `most` images of a split, spread evenly. Raises as `depth_maps.depth_data`."""
        moments, settings = run.moments, run.settings
        chosen = _spread(dataset, split, most)
        pixels = pixel_rows(dataset.images(split)[chosen], moments.colour)
        views = [pixels, pixels[:, moments.mirror]] if settings.flip else [pixels]
        centre = normalisation(moments, settings.centring, settings.flip)
        trained = _spread(dataset, "train", moments.n)
        maps = _depth_maps(dataset, split, depth, chosen, trained, len(views)) if depth else None
        return cls(np.concatenate([centre.rows(view) for view in views]), maps, len(views))

    def target(self, goal: Goal) -> np.ndarray:
        """A target's values (n, q)."""
        return goal.of(self.depth if goal.from_depth else self.pixels)

    def by_image(self, values: np.ndarray) -> np.ndarray:
        """The mean of (n,) values over each image's views."""
        return values.reshape(self.n_views, -1).mean(axis=0)


def _spread(dataset: Dataset, split: str, most: int | None) -> np.ndarray:
    """Numbers of at most `most` images of a split: those of `moments.spread_evenly`."""
    count = dataset.count(split)
    n = count if most is None else min(most, count)
    return np.arange(n) * count // n


def _depth_maps(
    dataset: Dataset,
    split: str,
    depth: Target,
    chosen: np.ndarray,
    trained: np.ndarray,
    n_views: int,
) -> np.ndarray:
    """Depth of the chosen images less the mean map of the trained, 0 where unknown, (n_views n, p).

    chosen, trained: numbers of images of the split, and of the training split.
    """
    unit, size = dataset.manifest["depth_unit"], dataset.depth(split).shape[1:]

    def known(name: str) -> np.ndarray:
        return depth_targets(np.asarray(dataset.depth(name)), depth, unit)

    maps, means = (
        known(name)[numbers].reshape(-1, *size)
        for name, numbers in ((split, chosen), ("train", trained))
    )
    if n_views == 2:
        maps, means = (np.concatenate([one, one[:, :, ::-1]]) for one in (maps, means))
    seen = np.isfinite(means)
    total, count = np.where(seen, means, 0).sum(axis=0), seen.sum(axis=0)
    mean = np.divide(total, count, where=count > 0, out=np.full(size, np.nan))
    deviation = np.nan_to_num(maps - mean).reshape(len(maps), -1)
    return np.where(np.abs(deviation) > ROUNDING * np.nanmax(np.abs(mean)), deviation, 0.0)


@dataclass(frozen=True)
class _Reader:
    """A model's first k features of the test images, and R, which makes its readout R E[z^T y]."""

    mask_ratio: float
    n_latents: int
    features: np.ndarray
    operator: np.ndarray

    def losses(self, power: np.ndarray, cross: np.ndarray, meeting: np.ndarray) -> np.ndarray:
        """|y - prediction|^2 of each row, (n,).

        Parameters: power |y|^2, (n,); cross E[z^T y] in training, (k, q); meeting y cross^T,
        (n, k).
        """
        weights = self.features @ self.operator
        squares = np.einsum("nk,nk->n", weights @ (cross @ cross.T), weights)
        return power + squares - 2 * np.einsum("nk,nk->n", weights, meeting)


@dataclass(frozen=True)
class Problem:
    """What measuring any target of a run needs: rows of both splits, moments, fitted readouts.

    train: None where no target is a depth map. moment: training S without the run's ridge.
    encoders: those of all models next to each other, (d, models * columns).
    """

    train: Rows | None
    test: Rows
    moment: np.ndarray
    whitening: Whitening
    encoders: np.ndarray
    readers: tuple[_Reader, ...]

    @classmethod
    def of(
        cls,
        run: LinearRun,
        dataset: Dataset,
        models: Sequence[Encoder],
        n_latents: Sequence[int],
        n_judged: int,
        depth: Target | None,
    ) -> "Problem":
        """models: the AE first, each with max(n_latents) columns. Raises as `Rows.of`."""
        test = Rows.of(run, dataset, "test", depth, n_judged)
        moment = run.moments.matrix(run.settings.centring, flip=run.settings.flip)
        readers = []
        for e in models:
            gram, features = e.matrix.T @ moment @ e.matrix, test.pixels @ e.matrix
            for k in n_latents:
                operator = readout_operator(gram[:k, :k], "free")
                readers.append(_Reader(e.mask_ratio, k, features[:, :k], operator))
        train = Rows.of(run, dataset, "train", depth, run.moments.n) if depth else None
        encoders = np.hstack([e.matrix for e in models])
        return cls(train, test, moment, Whitening.of(run.S), encoders, tuple(readers))

    def judged(self, goal: Goal, predict: Predict) -> Judged:
        """The gains of one target. Raises ValueError where it has no power in either split."""
        values = self.test.target(goal)
        power = np.sum(values**2, axis=1)
        cross, whitened, trained = self._moments(goal)
        if not min(trained, power.mean()) > 0:
            raise ValueError(
                f"target {goal.label}: the same in all images of a split, so that no error can be "
                "relative to it; leave it out"
            )
        losses = self._losses(self.encoders.T @ cross, values, power)
        predicted = predict(whitened, trained)
        return Judged(
            goal,
            predicted,
            self.test.by_image(power),
            {c: losses[0.0, c.n_latents] - losses[c.mask_ratio, c.n_latents] for c in predicted},
        )

    def _losses(self, cross: np.ndarray, values: np.ndarray, power: np.ndarray) -> dict:
        """Of each test image the loss of every reader, by mask ratio and number of latents."""
        ratios = list(dict.fromkeys(reader.mask_ratio for reader in self.readers))
        meetings = np.split(values @ cross.T, len(ratios), axis=1)
        crosses = np.split(cross, len(ratios))
        found = {}
        for reader in self.readers:
            place, k = ratios.index(reader.mask_ratio), reader.n_latents
            losses = reader.losses(power, crosses[place][:k], meetings[place][:, :k])
            found[reader.mask_ratio, k] = self.test.by_image(losses)
        return found

    def _moments(self, goal: Goal) -> tuple[np.ndarray, np.ndarray, float]:
        """In training E[x^T y], (d, q), the whitened target, (d, q), and its power."""
        if self.train is None or not goal.from_depth:
            whitened = goal.of(self.whitening.targets)
            return goal.of(self.moment), whitened, float(np.sum(whitened**2))
        values = self.train.target(goal)
        cross = self.train.pixels.T @ values / len(values)
        power = np.mean(np.sum(values**2, axis=1))
        return cross, self.whitening.crosses @ cross, float(power)
