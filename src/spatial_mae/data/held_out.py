"""Training images held out: those that choose something, so that test images choose nothing."""

from dataclasses import dataclass

import numpy as np

from spatial_mae.data.store import Dataset
from spatial_mae.study.counts import n_held_out

SEED = 1  # another order than that of `training.loader.subset`


@dataclass(frozen=True)
class HeldOut(Dataset):
    """A data set whose test images are a share of its training images, which are left out of those.

    share: in (0, 1). Which images they are depends on their number and the share alone.
    """

    share: float = 0.2

    def rows(self, split: str) -> tuple[str, np.ndarray]:
        """As `Dataset.rows`: rows of the file of training images, whatever the split."""
        n = self.manifest["n_train"]
        order = np.random.default_rng(SEED).permutation(n)
        n_held = n_held_out(n, self.share)
        chosen = order[n - n_held :] if split == "test" else order[: n - n_held]
        return "train", np.sort(chosen)


def hold_out(dataset: Dataset, share: float) -> Dataset:
    """The data set with a share of its training images in place of its test images; 0: itself."""
    return HeldOut(dataset.directory, dataset.manifest, share) if share else dataset
