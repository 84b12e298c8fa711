"""Shifted test sets of ImageNet-1k, as their authors publish them: v2, A, R, Sketch, ObjectNet.

Nothing is copied: files are listed, and read when they are asked for. The data set that is probed
has WordNet ids such as n01440764 as the names of its classes.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.data.listing import folders as folders_in
from spatial_mae.data.listing import image_files
from spatial_mae.data.pixels import (
    MAX_MEGAPIXELS,
    UNREADABLE,
    Interpolation,
    Reading,
    fit_pixels,
)
from spatial_mae.data.shifted import Shifted
from spatial_mae.data.store import Dataset
from spatial_mae.data.workers import ordered_map

WORDNET = re.compile(r"n\d{8}")
BORDER = 2  # pixels of red around each image of ObjectNet, which its authors ask to cut off
SHOWN = 5


@dataclass(frozen=True)
class ImageFiles:
    """What an array uint8 (n, height, width, channels) gives, for image files of any size.

    Each image is scaled until it just covers (height, width) and the middle is kept. border: pixels
    cut off each side before. reading: how files are decoded.
    """

    files: tuple[Path, ...]
    size: tuple[int, int]
    reading: Reading
    interpolation: Interpolation
    border: int = 0

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return len(self.files), *self.size, self.reading.channels

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """The images of these positions. Raises ValueError, naming it, for an unreadable file."""
        found = list(ordered_map(self._read, (self.files[row] for row in rows)))
        return np.concatenate([np.empty((0, *self.shape[1:]), np.uint8), *found])

    def _read(self, file: Path) -> np.ndarray:
        try:
            image = self.reading.read(file)
            edge = self.border
            image = image.crop((edge, edge, image.width - edge, image.height - edge))
            none = np.empty((0, 2))
            return fit_pixels(image, self.size, "centre_crop", self.interpolation, none)
        except UNREADABLE as error:
            raise ValueError(f"{file} cannot be read as an image: {error}") from error


def imagenet_v2(root: Path, dataset: Dataset) -> Shifted:
    """ImageNet-v2 (Recht et al. 2019): folders 0 to 999, positions among the sorted WordNet ids.

    Raises FileNotFoundError without images, ValueError for other folders.
    """
    names = sorted(_wordnet(dataset))
    found = {folder.name: folder for folder in _folders(root)}
    if set(found) != {str(position) for position in range(len(names))}:
        raise ValueError(
            f"{root} holds the folders {some(list(found))}; expected 0 to {len(names) - 1}, one "
            f"for each class of data set {dataset.manifest['dataset']!r}: name the folder of one "
            "version of ImageNet-v2, and probe a data set with all classes of ImageNet-1k"
        )
    used = {name: found[str(position)] for position, name in enumerate(names)}
    return _shifted("imagenet_v2", used, dataset)


def imagenet_a(root: Path, dataset: Dataset) -> Shifted:
    """ImageNet-A (Hendrycks et al. 2021): a folder for each of 200 WordNet ids.

    Raises FileNotFoundError without images, ValueError for a folder of another name.
    """
    return _by_name("imagenet_a", root, dataset)


def imagenet_r(root: Path, dataset: Dataset) -> Shifted:
    """ImageNet-R (Hendrycks et al. 2021), as `imagenet_a`."""
    return _by_name("imagenet_r", root, dataset)


def imagenet_sketch(root: Path, dataset: Dataset) -> Shifted:
    """ImageNet-Sketch (Wang et al. 2019): a folder for each WordNet id. Raises as `imagenet_a`."""
    return _by_name("imagenet_sketch", root, dataset)


def objectnet(root: Path, dataset: Dataset) -> Shifted:
    """ObjectNet (Barbu et al. 2019): those of its classes that are some of ImageNet's.

    root: the folder of images/ and mappings/. Raises FileNotFoundError if one is missing,
    ValueError if a mapping names a class that is not there.
    """
    names = sorted(_wordnet(dataset))
    labels, overlap, ids = (
        _mapping(root / "mappings" / f"{name}.json")
        for name in (
            "folder_to_objectnet_label",
            "objectnet_to_imagenet_1k",
            "pytorch_to_imagenet_2012_id",
        )
    )
    listed = (root / "mappings" / "imagenet_to_label_2012_v2").read_text(encoding="utf-8")
    # Lines are in the order of the challenge's ids; the other file gives each position's id.
    by_id = {int(number): int(position) for position, number in ids.items()}
    positions = {line.strip(): by_id.get(number) for number, line in enumerate(listed.splitlines())}
    used, accepted = {}, []
    for folder in _folders(root / "images"):
        wanted = overlap.get(labels.get(folder.name, folder.name))
        if wanted is not None:
            found = [positions.get(name) for name in wanted.split("; ")]
            if any(place is None or place >= len(names) for place in found):
                raise ValueError(
                    f"{root}: ObjectNet's {folder.name} is {wanted!r} of ImageNet, which is not "
                    f"among the {len(names)} classes of data set {dataset.manifest['dataset']!r}: "
                    "probe a data set with all classes of ImageNet-1k"
                )
            used[folder.name] = folder
            accepted.append(tuple(names[place] for place in found))
    if not used:
        raise FileNotFoundError(f"{root}/images holds no folder of a class that ImageNet has")
    return _shifted("objectnet", used, dataset, tuple(accepted), BORDER)


READERS: Mapping[str, Callable[[Path, Dataset], Shifted]] = {
    "imagenet_v2": imagenet_v2,
    "imagenet_a": imagenet_a,
    "imagenet_r": imagenet_r,
    "imagenet_sketch": imagenet_sketch,
    "objectnet": objectnet,
}


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return ", ".join([*names[:SHOWN], *more]) or "none"


def _by_name(set_name: str, root: Path, dataset: Dataset) -> Shifted:
    names = _wordnet(dataset)
    found = {folder.name: folder for folder in _folders(root)}
    if other := [name for name in found if name not in names]:
        raise ValueError(
            f"{root}: folders that are no class of data set {dataset.manifest['dataset']!r}: "
            f"{some(other)}; expected WordNet ids such as {some(names)}: move them away, or probe "
            "a data set with all classes of ImageNet-1k"
        )
    return _shifted(set_name, found, dataset)


def _shifted(
    name: str,
    folders: Mapping[str, Path],
    dataset: Dataset,
    accepted: tuple[tuple[str, ...], ...] | None = None,
    border: int = 0,
) -> Shifted:
    """Every image in the folders, a class each, in natural order."""
    manifest = dataset.manifest
    recipe = manifest["recipe"]
    files, labels = [], []
    for label, folder in enumerate(folders.values()):
        there = image_files(folder)
        files += there
        labels += [label] * len(there)
    if not files:
        raise FileNotFoundError(f"no image files in the folders of {name}, {some([*folders])}")
    size = (manifest["height"], manifest["width"])
    images = ImageFiles(tuple(files), size, _reading(manifest), recipe["interpolation"], border)
    return Shifted(name, images, np.array(labels), tuple(folders), accepted=accepted)


def _reading(manifest: Mapping) -> Reading:
    """As the files of the data set were decoded."""
    recipe = manifest["recipe"]
    most = recipe.get("max_megapixels", MAX_MEGAPIXELS)
    return Reading(manifest["channels"], recipe["background"], recipe.get("white"), most)


def _wordnet(dataset: Dataset) -> list[str]:
    manifest = dataset.manifest
    names = manifest["classes"] or []
    if manifest["source"] != "image_folder" or not all(map(WORDNET.fullmatch, names)) or not names:
        raise ValueError(
            f"data set {manifest['dataset']!r} is no ImageNet of source image_folder, whose "
            f"classes are WordNet ids such as n01440764 (there: {some(names)}): set these sets to "
            "null in the robustness recipe, or probe such a data set"
        )
    return names


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        raise FileNotFoundError(f"no folder {root}: check the robustness recipe")
    return folders_in(root)


def _mapping(path: Path) -> dict[str, object]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}; download ObjectNet again") from error
