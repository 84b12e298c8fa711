"""A linear probe of whole images, judged on images whose distribution has shifted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatial_mae.data.cue_conflict import CueConflict, class_groups, read_cue_conflict
from spatial_mae.data.imagenet_variants import some
from spatial_mae.data.shifted import Shifted
from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.features import check_representations, features, freeze
from spatial_mae.evaluation.origin import check_images, scale
from spatial_mae.evaluation.probe import Labelled, fit_logistic, linear_probe, standardised
from spatial_mae.evaluation.recipe import Tokens
from spatial_mae.evaluation.shape_bias import shape_bias
from spatial_mae.files import Row
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import load_encoder
from spatial_mae.training.loader import load_images, load_labels, subset

OWN = "own"
"""What the data set's own test images are called among the shifted ones."""


@dataclass(frozen=True)
class RobustnessRecipe:
    """Settings of the probe, and the images it is judged on.

    tokens: what is probed, the mean patch token or the class token. n_train: images it is fit on;
    n_test: images of each set, corruption and severity; None for all. validation_share, penalties,
    max_iterations: of the probe. prepared: data sets whose test images are judged; the workflow
    finds their manifests. cifar10_c to cue_conflict: folders of these sets, None for none.
    """

    tokens: Tokens
    n_train: int | None
    n_test: int | None
    validation_share: float
    penalties: tuple[float, ...]
    max_iterations: int
    prepared: tuple[str, ...]
    cifar10_c: str | None
    cifar10_1: str | None
    imagenet_v2: str | None
    imagenet_a: str | None
    imagenet_r: str | None
    imagenet_sketch: str | None
    objectnet: str | None
    cue_conflict: str | None

    def __post_init__(self) -> None:
        folders = (self.cifar10_c, self.cifar10_1, self.cue_conflict, self.objectnet)
        variants = (self.imagenet_v2, self.imagenet_a, self.imagenet_r, self.imagenet_sketch)
        if not (self.prepared or any(folders) or any(variants)):
            raise ValueError(
                "no shifted images: name some under prepared, cifar10_c, cifar10_1, imagenet_v2, "
                "imagenet_a, imagenet_r, imagenet_sketch, objectnet or cue_conflict"
            )
        if not self.penalties:
            raise ValueError("a probe needs penalties to choose from, for instance [0.001, 0.1]")


def probe_robustness(
    dataset: Dataset,
    weights: Path,
    shifted: Sequence[Shifted],
    recipe: RobustnessRecipe,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[Row]:
    """Accuracy of one probe, fit on `dataset`, on its own test images and on shifted ones.

    Nothing is fit to shifted images. Columns: shifted, the set's name (`own` first), corruption,
    severity, metric, value in [0, 1], standard_error of the images. accuracy: the probe chooses
    among all its classes; accuracy_among_own: of a set with fewer classes, among the set's only.
    The last rows are those of `shape_bias.shape_bias` on cue-conflict images, the probe choosing
    among their classes.
    Raises ValueError if images are of another size than the network's, a class of theirs is not the
    data set's, or the data set has no labels; and as `read_cue_conflict`.
    """
    encoder, metadata = load_encoder(weights, device)
    check_images(dataset, encoder.architecture)
    check_representations(encoder, (recipe.tokens,))
    names = dataset.manifest["classes"]
    if not names:
        raise ValueError(f"data set {dataset.manifest['dataset']!r} has no labels to probe with")
    for part in shifted:
        _check(part, dataset, encoder)
    cues = _cues(recipe, names, encoder)
    freeze(encoder)
    start = time.perf_counter()
    train, own = (
        Labelled(
            _features(encoder, load_images(dataset, split, n), recipe),
            load_labels(dataset, split, n, device),
        )
        for split, n in (("train", recipe.n_train), ("test", recipe.n_test))
    )
    chosen = _penalty(train, own, recipe, seed)
    probe = _Probe(train, len(names), chosen, recipe)
    rows = [_row(None, "accuracy", probe.hits(own))]
    for part in shifted:
        found = _hits(part, names, probe, encoder, recipe)
        rows += [_row(part, metric, hits) for metric, hits in found.items()]
    if cues is not None:
        rows += _bias(cues, names, probe, _features(encoder, _tensor(cues.images), recipe))
    common = {
        "representation": recipe.tokens,
        "n_train": len(train),
        "penalty": chosen,
        "converged": probe.converged,
        "seconds": time.perf_counter() - start,
    }
    return [row | common | scale(metadata) for row in rows]


class _Probe:
    """A logistic regression on standardised features."""

    def __init__(
        self, train: Labelled, n_classes: int, penalty: float, recipe: RobustnessRecipe
    ) -> None:
        zero, one = (torch.full_like(train.features[:1], value) for value in (0.0, 1.0))
        ends = Labelled(torch.cat([zero, one]), train.labels[:2])
        fit, moved = standardised(Labelled(train.features.clone(), train.labels), ends)
        # Standardising is x s + o in each feature: o is where 0 goes, o + s where 1 does.
        self.offset = moved.features[0]
        self.scale = moved.features[1] - moved.features[0]
        self.classifier = fit_logistic(fit, n_classes, penalty, recipe.max_iterations)
        self.converged = self.classifier.converged

    def hits(self, data: Labelled) -> np.ndarray:
        """Whether each image's largest logit is its label's: bool (n,)."""
        return (self.logits(data.features).argmax(dim=1) == data.labels).cpu().numpy()

    def logits(self, features: Tensor) -> Tensor:
        """Of features (n, k): (n, classes)."""
        points = features * self.scale + self.offset
        return torch.addmm(self.classifier.bias, points, self.classifier.weights.T)


def _penalty(train: Labelled, own: Labelled, recipe: RobustnessRecipe, seed: int) -> float:
    """Chosen on a share of the training images, as every linear probe's."""
    found = linear_probe(
        train,
        own,
        recipe.penalties,
        recipe.validation_share,
        recipe.max_iterations,
        np.random.default_rng(seed),
    )
    return found.penalty


def _row(part: Shifted | None, metric: str, hits: np.ndarray) -> Row:
    """A row of a shifted set, of the data set's own images where there is none."""
    share, n = float(hits.mean()), len(hits)
    return {
        "protocol": "robustness",
        "shifted": part.name if part else OWN,
        "corruption": part.corruption if part else None,
        "severity": part.severity if part else None,
        "metric": metric,
        "value": share,
        "standard_error": (share * (1 - share) / n) ** 0.5,
        "n_test": n,
    }


def _features(
    encoder: VisionTransformer, images: "Tensor | _Batches", recipe: RobustnessRecipe
) -> Tensor:
    return features(encoder, images, (recipe.tokens,))[recipe.tokens, None]


class _Batches:
    """What a tensor (n, channels, height, width) gives, for images that are read as asked for."""

    def __init__(self, images: np.ndarray, rows: np.ndarray) -> None:
        self._images, self._rows = images, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, part: slice) -> Tensor:
        return _tensor(self._images[self._rows[part]])


def _hits(
    part: Shifted,
    names: Sequence[str],
    probe: _Probe,
    encoder: VisionTransformer,
    recipe: RobustnessRecipe,
) -> dict[str, np.ndarray]:
    """Metric -> whether the probe is right on each of the shifted images used: bool (n,)."""
    wanted = None if recipe.n_test is None else min(recipe.n_test, len(part.labels))
    rows = subset(len(part.labels), wanted)
    right = np.array([[name in accepted for name in names] for accepted in part.right()])
    logits = probe.logits(_features(encoder, _Batches(part.images, rows), recipe)).cpu().numpy()
    labels, own = part.labels[rows], right.any(axis=0)
    found = {"accuracy": right[labels, logits.argmax(axis=1)]}
    if not own.all():
        among = np.where(own, logits, -np.inf).argmax(axis=1)
        found["accuracy_among_own"] = right[labels, among]
    return found


def _tensor(images: np.ndarray) -> Tensor:
    """uint8 (n, height, width, channels) as (n, channels, height, width)."""
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def _cues(
    recipe: RobustnessRecipe, names: Sequence[str], encoder: VisionTransformer
) -> CueConflict | None:
    """The cue-conflict images at the network's size, if some are wanted."""
    if recipe.cue_conflict is None:
        return None
    sizes = encoder.architecture
    if sizes.channels != 3:
        raise ValueError(
            f"cue-conflict images have colours, the network is for {sizes.channels} channel: set "
            "cue_conflict: null in the robustness recipe"
        )
    size = (sizes.height, sizes.width_pixels)
    return read_cue_conflict(Path(recipe.cue_conflict), tuple(class_groups(names)), size)


def _bias(cues: CueConflict, names: Sequence[str], probe: _Probe, features: Tensor) -> list[Row]:
    """A class that is several of the probe's has the mean of their probabilities."""
    groups = class_groups(names)
    shares = probe.logits(features).softmax(dim=1)
    means = [shares[:, groups[name]].mean(dim=1) for name in cues.classes]
    predicted = torch.stack(means, dim=1).argmax(dim=1).cpu().numpy()
    common = {"protocol": "robustness", "shifted": "cue_conflict"}
    common |= {"n_files": cues.n_files, "n_same": cues.n_same}
    return [common | row for row in shape_bias(predicted, cues.shapes, cues.textures)]


def _check(part: Shifted, dataset: Dataset, encoder: VisionTransformer) -> None:
    sizes = encoder.architecture
    expected = (sizes.height, sizes.width_pixels, sizes.channels)
    if part.images.shape[1:] != expected:
        raise ValueError(
            f"images of {part.name} are {part.images.shape[1:]} (height, width, channels), the "
            f"network is for {expected}: leave them out, or use weights pretrained on this size"
        )
    known = dataset.manifest["classes"]
    right = part.right()
    used = [name for label in np.unique(part.labels) for name in right[label]]
    if missing := [name for name in used if name not in known]:
        raise ValueError(
            f"classes of {part.name} that data set {dataset.manifest['dataset']!r} does not have: "
            f"{some(missing)} (there: {some(known)}); probe a data set that has them"
        )
