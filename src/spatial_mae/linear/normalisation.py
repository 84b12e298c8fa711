"""The training images' normalisation, for test images and for their moments."""

from dataclasses import dataclass

import numpy as np

from spatial_mae.linear.moments import CENTRINGS, PixelMoments
from spatial_mae.study.checking import nearest


@dataclass(frozen=True)
class Normalisation:
    """x -> (x - centre) / unit for pixels in [0, 1]; centre and unit of shape (d,)."""

    centre: np.ndarray
    unit: np.ndarray

    def rows(self, pixels: np.ndarray) -> np.ndarray:
        """Normalised pixels, (n, d)."""
        return (pixels - self.centre) / self.unit

    def moment(self, moments: PixelMoments, flip: bool) -> np.ndarray:
        """Second moments (d, d) of the images behind `moments`, normalised by this training mean.

        Raises ValueError if the images have another size or number of channels.
        """
        if len(moments.total) != len(self.centre):
            raise ValueError(
                f"test moments of {len(moments.total)} coordinates for training moments of "
                f"{len(self.centre)}: both must come from one data set and colour"
            )
        cross = np.outer(self.centre, _mean(moments, flip) - self.centre / 2)
        S = moments.matrix("raw", flip=flip) - cross - cross.T
        return S / np.outer(self.unit, self.unit)


def normalisation(moments: PixelMoments, centring: str, flip: bool) -> Normalisation:
    """What `moments.matrix(centring, flip=flip)` does to the pixels behind it."""
    if centring not in CENTRINGS:
        raise ValueError(f"unknown centring {centring!r}; {nearest(centring, CENTRINGS)}")
    d = len(moments.total)
    if centring == "raw":
        return Normalisation(np.zeros(d), np.ones(d))
    mean = _mean(moments, flip)
    if centring == "centred":
        return Normalisation(mean, np.ones(d))
    return Normalisation(mean, np.sqrt(np.diag(moments.matrix("centred", flip=flip))))


def _mean(moments: PixelMoments, flip: bool) -> np.ndarray:
    return (moments.mean + moments.mean[moments.mirror]) / 2 if flip else moments.mean
