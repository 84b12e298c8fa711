"""Whether a classifier goes by shape or by texture where the two are in conflict."""

import numpy as np

from spatial_mae.files import Row


def shape_bias(predicted: np.ndarray, shapes: np.ndarray, textures: np.ndarray) -> list[Row]:
    """Rows of shape_accuracy, texture_accuracy and shape_bias with standard errors over images.

    All (n,): positions of classes. The bias is the share of shape decisions among those for shape
    or texture (Geirhos et al. 2019), in [0, 1]; empty where there are none.
    """
    by_shape, by_texture = predicted == shapes, predicted == textures
    decided = by_shape | by_texture
    return [
        _share("shape_accuracy", by_shape),
        _share("texture_accuracy", by_texture),
        _share("shape_bias", by_shape[decided]),
    ]


def _share(metric: str, hits: np.ndarray) -> Row:
    n = len(hits)
    share = float(hits.mean()) if n else None
    error = None if share is None else (share * (1 - share) / n) ** 0.5
    return {"metric": metric, "value": share, "standard_error": error, "n_test": n}
