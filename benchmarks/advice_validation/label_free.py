"""Measures without labels that the tables of a study do not have, from the weights of its runs."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.advice_validation.rank_me import rank_me
from spatial_mae.data.held_out import HeldOut, hold_out
from spatial_mae.data.store import open_dataset
from spatial_mae.training.mapped_images import Images


@dataclass(frozen=True)
class LabelFree:
    """Of networks trained on a data set of which a share was held out.

    n_ranked: training images for RankMe. n_halved: held-out images for the agreement of halves.
    """

    manifest: Path
    held_out: float = 0.2
    n_ranked: int = 2000
    n_halved: int = 1000

    @cached_property
    def dataset(self) -> HeldOut:
        return hold_out(open_dataset(self.manifest), self.held_out)

    @cached_property
    def ranked(self) -> Images:
        return self._images("train", self.n_ranked)

    @cached_property
    def halved(self) -> Images:
        return self._images("test", self.n_halved)

    def _images(self, split: str, n: int) -> Images:
        from spatial_mae.training.loader import load_images

        return load_images(self.dataset, split, min(n, self.dataset.count(split)))

    def rank(self, weights: Path) -> float:
        """RankMe of the mean token of training images."""
        from spatial_mae.evaluation.features import features, freeze
        from spatial_mae.models.weights import load_encoder

        encoder, _ = load_encoder(weights)
        freeze(encoder)
        return rank_me(features(encoder, self.ranked, ("mean",))["mean", None].numpy())

    def agreement(self, weights: Path) -> float | None:
        """Of halves of held-out images."""
        from spatial_mae.evaluation.features import freeze
        from spatial_mae.evaluation.halves import agreement
        from spatial_mae.models.weights import load_mae

        model, _ = load_mae(weights)
        freeze(model)
        return agreement(model, self.halved)
