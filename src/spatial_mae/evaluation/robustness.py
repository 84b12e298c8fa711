"""A run's linear probe of whole images, judged on images whose distribution has shifted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatial_mae.data.cue_conflict import CueConflict, class_groups, read_cue_conflict
from spatial_mae.data.imagenet_variants import some
from spatial_mae.data.pixels import BACKGROUND
from spatial_mae.data.shifted import Shifted
from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.features import check_representations, features, freeze
from spatial_mae.evaluation.origin import check_images, scale
from spatial_mae.evaluation.probe import Probe
from spatial_mae.evaluation.recipe import Tokens
from spatial_mae.evaluation.robustness_recipe import RobustnessRecipe
from spatial_mae.evaluation.saved_probes import read_probe
from spatial_mae.evaluation.shape_bias import shape_bias
from spatial_mae.files import Row
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import load_encoder
from spatial_mae.training.loader import subset

OWN = "own"
"""What the data set's own test images are called among the shifted ones."""


def probe_robustness(
    dataset: Dataset,
    weights: Path,
    probes: Path,
    shifted: Sequence[Shifted],
    recipe: RobustnessRecipe,
    device: torch.device | str = "cpu",
) -> list[Row]:
    """Accuracy of one probe, fit to images of `dataset`, on its own test images and shifted ones.

    weights: of the run. probes: its `saved_probes`. No image of `dataset` is read, and nothing is
    fit to shifted ones. Columns: shifted, the set's name (`own` first), corruption, severity,
    metric, value in [0, 1], standard_error of the images. accuracy: the probe chooses among all its
    classes; accuracy_among_own: of a set with fewer classes, among the set's only. The last rows
    are those of `shape_bias.shape_bias` on cue-conflict images, the probe choosing among their
    classes.
    Raises ValueError if images are of another size than the network's, a class of theirs is not the
    data set's, the data set has no labels, or the probes are another network's; and as `read_probe`
    and `read_cue_conflict`.
    """
    encoder, metadata = load_encoder(weights, device)
    check_images(dataset, encoder.architecture)
    check_representations(encoder, (recipe.tokens,))
    names = dataset.manifest["classes"]
    if not names:
        raise ValueError(f"data set {dataset.manifest['dataset']!r} has no labels to probe with")
    saved = read_probe(probes, recipe.tokens, device)
    if len(saved.probe.mean) != encoder.architecture.backbone.width:
        raise ValueError(
            f"{probes} holds probes of {len(saved.probe.mean)} features, the network has "
            f"{encoder.architecture.backbone.width}: give the probes of its own evaluation"
        )
    for part in shifted:
        _check(part, dataset, encoder)
    cues = _cues(recipe, dataset, encoder)
    freeze(encoder)
    start = time.perf_counter()
    judge = _Judge(encoder, saved.probe, tuple(names), recipe.tokens)
    rows = [_row(None, "accuracy", saved.row["value"], saved.row["n_test"])]
    for part in shifted:
        found = _hits(part, judge, recipe.n_test)
        rows += [_row(part, metric, hits.mean(), len(hits)) for metric, hits in found.items()]
    if cues is not None:
        rows += _bias(cues, judge)
    common = {"representation": recipe.tokens, "seconds": time.perf_counter() - start}
    common |= {fact: saved.row[fact] for fact in ("n_train", "penalty", "converged")}
    return [row | common | scale(metadata) for row in rows]


@dataclass(frozen=True)
class _Judge:
    """An encoder and a probe of its features, whose classes have names."""

    encoder: VisionTransformer
    probe: Probe
    names: tuple[str, ...]
    tokens: Tokens

    def logits(self, images: "Tensor | _Batches") -> Tensor:
        """Of uint8 images (n, C, H, W): (n, classes); a class without training images: -inf."""
        found = features(self.encoder, images, (self.tokens,))[self.tokens, None]
        logits = self.probe.logits(found).cpu()
        missing = len(self.names) - logits.shape[1]
        return torch.nn.functional.pad(logits, (0, missing), value=-torch.inf)


def _row(part: Shifted | None, metric: str, share: float, n: int) -> Row:
    """A row of a shifted set, of the data set's own images where there is none."""
    share = float(share)
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


class _Batches:
    """What a tensor (n, channels, height, width) gives, for images that are read as asked for."""

    def __init__(self, images: np.ndarray, rows: np.ndarray) -> None:
        self._images, self._rows = images, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, part: slice) -> Tensor:
        return _tensor(self._images[self._rows[part]])


def _hits(part: Shifted, judge: _Judge, n_test: int | None) -> dict[str, np.ndarray]:
    """Metric -> whether the probe is right on each of the shifted images used: bool (n,)."""
    wanted = None if n_test is None else min(n_test, len(part.labels))
    rows = subset(len(part.labels), wanted)
    right = np.array([[name in accepted for name in judge.names] for accepted in part.right()])
    logits = judge.logits(_Batches(part.images, rows)).numpy()
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
    recipe: RobustnessRecipe, dataset: Dataset, encoder: VisionTransformer
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
    known = tuple(class_groups(dataset.manifest["classes"]))
    background = dataset.manifest["recipe"].get("background", BACKGROUND)
    return read_cue_conflict(Path(recipe.cue_conflict), known, size, background)


def _bias(cues: CueConflict, judge: _Judge) -> list[Row]:
    """A class that is several of the probe's has the mean of their probabilities."""
    groups = class_groups(judge.names)
    shares = judge.logits(_tensor(cues.images)).softmax(dim=1)
    means = [shares[:, groups[name]].mean(dim=1) for name in cues.classes]
    predicted = torch.stack(means, dim=1).argmax(dim=1).numpy()
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
