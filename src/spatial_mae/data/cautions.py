"""What the user of a data set should know once its images are counted, in words."""

from collections.abc import Mapping, Sequence

DARK = 32
"""Of 255: images without a pixel above look black, most often by a mistaken range."""
SHOWN = 20


def singular_warnings(n_train: int, shape: tuple[int, int, int]) -> list[str]:
    """What follows from having fewer training images than dimensions, in words."""
    height, width, channels = shape
    dimensions = {"luma": height * width}
    if channels == 3:
        dimensions["rgb"] = height * width * 3
    return [
        f"{n_train} training images for {d} dimensions ({colour}): the second moments are "
        "singular: the closed form needs a ridge above 0, fewer pixels, or more images"
        for colour, d in dimensions.items()
        if n_train < d
    ]


def dark_warnings(brightest: int) -> list[str]:
    """brightest: the largest pixel, 0..255."""
    if brightest >= DARK:
        return []
    return [f"no pixel is above {brightest} of 255, the images look black: check their range"]


def class_warnings(classes: Sequence[str] | None, counts: Mapping[str, Sequence[int]]) -> list[str]:
    """Classes without images in one split, or in both. counts: images of each class by split."""
    if classes is None:
        return []
    absent = {
        s: [name for name, n in zip(classes, counts[s], strict=True) if not n] for s in counts
    }
    both = set.intersection(*map(set, absent.values()))
    found = [
        f"{len(names)} classes without {split} images: {_some(names)}"
        for split, every in absent.items()
        if (names := [name for name in every if name not in both])
    ]
    if both:
        found.append(f"{len(both)} classes without any image: {_some(sorted(both))}")
    return found


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest
