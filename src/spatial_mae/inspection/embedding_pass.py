"""Embeddings of a few classes over a pass: their points in the plane, and how far they separate."""

import sys

import numpy as np
import torch
from torch import Tensor

from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.features import check_representations, mean_patch_token
from spatial_mae.files import Row
from spatial_mae.inspection.embedding import (
    check_package,
    neighbour_accuracy,
    plane,
    principal,
    silhouette,
)
from spatial_mae.inspection.recipe import InspectionRecipe
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.training.loader import load_labels

PRINTED_DIGITS = 4
LEAST_IMAGES = 4  # of a t-SNE that shows something


class Classes:
    """The images of the classes that are embedded: positions among the pass's, and labels (n,).

    The classes are drawn with `seed`; none are where the recipe wants no embedding. Where there are
    fewer classes than the recipe wants, or fewer images than its perplexity or neighbours need, it
    is done with fewer, and a line says so.
    """

    def __init__(self, dataset: Dataset, recipe: InspectionRecipe, seed: int) -> None:
        """Raises ValueError without scikit-learn or labels, or without images of two classes.

        Also where each image is the only one of its class: no score says how far these are apart.
        """
        self.names: tuple[str, ...] = ()
        self.positions = self.labels = np.empty(0, dtype=np.int64)
        if not recipe.n_classes:
            return
        check_package()
        names = dataset.manifest["classes"] or ()
        if len(names) < 2:
            raise ValueError(
                f"n_classes {recipe.n_classes} of the inspection recipe: data set "
                f"{dataset.manifest['dataset']!r} has {len(names)} classes; leave out "
                "experiments of embeddings, and set n_classes: 0 if others use this recipe"
            )
        labels = load_labels(dataset, "test", recipe.n_images).numpy()
        drawn = np.random.default_rng(seed).permutation(len(names))[: recipe.n_classes]
        self.names = tuple(names)
        self.positions = np.flatnonzero(np.isin(labels, drawn))
        self.labels = labels[self.positions]
        n, n_used = len(self.labels), len(np.unique(self.labels))
        if not 2 <= n_used < n or n < LEAST_IMAGES:
            raise ValueError(
                f"{n} test images of {n_used} classes: an embedding needs {LEAST_IMAGES} of two or "
                "more classes, two of one class; bring more, raise n_images of the inspection "
                "recipe, or leave out experiments of embeddings and set its n_classes: 0"
            )
        self.neighbours = min(recipe.neighbours, n - 1)
        self.perplexity = recipe.perplexity if recipe.perplexity < n else (n - 1) / 3
        for key in ("neighbours", "perplexity"):
            if (wanted := getattr(recipe, key)) > (taken := getattr(self, key)):
                line = f"warning: {key}: {wanted:g} asked for, {n} images embedded: {taken:g} taken"
                print(line, file=sys.stderr)


class EmbeddingPass:
    """Collects the features of some classes' images over a pass.

    Features are the mean patch token or the class token after the final norm.
    """

    def __init__(
        self, encoder: VisionTransformer, classes: Classes, recipe: InspectionRecipe, seed: int
    ) -> None:
        """Raises ValueError where a class token is wanted of an encoder without one."""
        check_representations(encoder, (recipe.tokens,))
        self.encoder, self.classes, self.recipe, self.seed = encoder, classes, recipe, seed
        self.features: list[np.ndarray] = []
        self.n_seen = 0

    def add(self, images: Tensor, layers: list[Tensor]) -> None:
        """One batch: images in [0, 1], and the tokens after the embedding and each block."""
        inside = np.isin(np.arange(self.n_seen, self.n_seen + len(images)), self.classes.positions)
        self.n_seen += len(images)
        if not inside.any():
            return
        tokens = self.encoder.normalise(layers[-1][torch.from_numpy(inside).to(images.device)])
        wanted = self.recipe.tokens == "class_token"
        found = tokens[:, 0].float() if wanted else mean_patch_token(self.encoder, tokens)
        self.features.append(found.cpu().numpy())

    def tables(self) -> tuple[list[Row], list[Row]]:
        """Scores, and points of the plane.

        Scores: silhouette and knn_accuracy in each space: pca and, made from it, tsne. Points: a
        row per image, with its class, its place x, y, and both scores of the plane.
        """
        if not self.classes.names:
            return [], []
        recipe, labels = self.recipe, self.classes.labels
        spaces = {"pca": principal(np.concatenate(self.features), recipe.components)}
        spaces["tsne"] = plane(spaces["pca"], self.classes.perplexity, self.seed)
        common = {
            "protocol": "embedding",
            "representation": recipe.tokens,
            "n_test": len(labels),
            "n_classes": len(np.unique(labels)),
            "components": spaces["pca"].shape[1],
            "perplexity": self.classes.perplexity,
            "neighbours": self.classes.neighbours,
        }
        scores = []
        for space, points in spaces.items():
            found = {
                "silhouette": silhouette(points, labels),
                "knn_accuracy": neighbour_accuracy(points, labels, self.classes.neighbours),
            }
            for metric, (value, error) in found.items():
                score = {"space": space, "metric": metric, "value": value, "standard_error": error}
                scores.append(common | score)
        of_plane = {row["metric"]: row["value"] for row in scores if row["space"] == "tsne"}
        places = zip(labels.tolist(), spaces["tsne"].round(PRINTED_DIGITS).tolist(), strict=True)
        points = [
            {"class": self.classes.names[label], "x": x, "y": y} | common | of_plane
            for label, (x, y) in places
        ]
        return scores, points
