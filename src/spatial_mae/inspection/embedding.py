"""How far classes are apart in a network's features: PCA, t-SNE, silhouette and k-NN accuracy."""

from importlib.util import find_spec

import numpy as np

Score = tuple[float, float]
"""A value and its standard error over images."""


def check_package() -> None:
    """Raise ValueError if scikit-learn is missing."""
    if find_spec("sklearn") is None:
        raise ValueError(
            "embeddings need scikit-learn, not installed here: pip install -e "
            "'.[embedding]', or leave out experiments of embeddings and set n_classes: 0 in the "
            "inspection recipe"
        )


# scikit-learn takes seconds to import, and only embeddings need it.
def principal(features: np.ndarray, components: int) -> np.ndarray:
    """Features (n, k) on their first `components` axes, fewer where n or k are: (n, c)."""
    from sklearn.decomposition import PCA

    return PCA(min(components, *features.shape), svd_solver="full").fit_transform(features)


def plane(features: np.ndarray, perplexity: float, seed: int) -> np.ndarray:
    """t-SNE of features (n, c) in two dimensions (van der Maaten 2014), begun with PCA: (n, 2)."""
    from sklearn.manifold import TSNE

    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(features)


def silhouette(features: np.ndarray, labels: np.ndarray) -> Score:
    """Mean of (b - a) / max(a, b) over images (Rousseeuw 1987), in [-1, 1].

    a: mean distance to the own class, b: to the nearest other one.
    """
    from sklearn.metrics import silhouette_samples

    values = silhouette_samples(features, labels)
    return float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5)


def neighbour_accuracy(features: np.ndarray, labels: np.ndarray, neighbours: int) -> Score:
    """Share of images whose class most of their `neighbours` nearest others have, in [0, 1].

    Of equally frequent classes the lowest label wins.
    """
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=neighbours).fit(features).kneighbors()[1]
    votes = np.apply_along_axis(np.bincount, 1, labels[nearest], minlength=labels.max() + 1)
    share = float((votes.argmax(axis=1) == labels).mean())
    return share, (share * (1 - share) / len(labels)) ** 0.5
