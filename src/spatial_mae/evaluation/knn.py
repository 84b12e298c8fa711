"""k-NN vote on frozen features: nothing is fit."""

from torch.nn.functional import normalize

from spatial_mae.evaluation.probe import Labelled

TEMPERATURE = 0.07
CHUNK = 2**24
"""Similarities held at once."""


def knn_accuracy(
    train: Labelled, test: Labelled, neighbours: int, temperature: float = TEMPERATURE
) -> float:
    """Share of the test images, in [0, 1], whose label wins the vote of their nearest neighbours.

    Each of the `neighbours` training images most similar to x votes with weight exp(s / T), s the
    cosine similarity (Wu et al. 2018). Features are centred by the mean of `train` first, so that
    what all images share, large in pixels, decides nothing.

    Raises ValueError unless `neighbours` is from 1 to the number of training images.
    """
    if not 1 <= neighbours <= len(train):
        raise ValueError(
            f"neighbours {neighbours}: expected 1 to {len(train)}, the number of training images"
        )
    mean = train.features.mean(dim=0)
    known, asked = (normalize(data.features - mean) for data in (train, test))
    n_classes = 1 + int(max(train.labels.max(), test.labels.max()))
    right = 0
    rows = max(1, CHUNK // len(train))
    for queries, labels in zip(asked.split(rows), test.labels.split(rows), strict=True):
        nearest = (queries @ known.T).topk(neighbours, dim=1, sorted=False)
        # The largest similarity is 1: subtracting it keeps the weights below 1.
        weights = ((nearest.values - 1) / temperature).exp()
        votes = weights.new_zeros(len(queries), n_classes)
        votes.scatter_add_(1, train.labels[nearest.indices], weights)
        right += (votes.argmax(dim=1) == labels).sum().item()
    return right / len(test)
