"""A labelled set that anyone can make: pictures of emoji by four vendors, their class the group.

    npm pack emoji-datasource-apple@16.0.0    # and -google, -facebook, -twitter
    python -m benchmarks.advice_validation.emoji FOLDER --size 32 --out data/emoji-32.npz

The packages (MIT; pictures Apple's, Apache 2.0, Facebook's, CC BY 4.0) hold the same emoji drawn
four times, 64 x 64 pixels with transparency. All drawings of an emoji are in one split, the others
would give it away. Tones of skin are left out: they repeat a picture.
"""

import argparse
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from spatial_mae.files import atomic_path

VERSION = "16.0.0"
SHA256 = {  # of the packed packages
    "apple": "b34d1665e136f163b0d4433318df151895b785186e8c729b2211b43017945075",
    "facebook": "017038cf5a4e7fcf03dd9133cbed43d4c281c4b3ce7b927c7160261b92b8821e",
    "google": "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
    "twitter": "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
}
CLASSES = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
    "Flags",
)
TEST_SHARE = 0.2  # of the emoji
BACKGROUND = 255  # white, as in a text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", type=Path, help="folder of emoji-datasource-*-16.0.0.tgz")
    parser.add_argument("--size", type=int, default=32, choices=(16, 32, 64), help="pixels")
    parser.add_argument("--out", type=Path, required=True, help=".npz to write")
    given = parser.parse_args()
    arrays = make(given.packages, given.size)
    with atomic_path(given.out) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    print({name: array.shape for name, array in arrays.items()})


def make(packages: Path, size: int) -> dict[str, np.ndarray]:
    """Arrays as `array_file` reads them. Raises ValueError for a package of other content."""
    drawn: list[tuple[str, int, np.ndarray]] = []
    for vendor in sorted(SHA256):
        drawn += _pictures(checked(packages, vendor), vendor, size)
    names = sorted({name for name, *_ in drawn})
    order = np.random.default_rng(0).permutation(len(names))
    tested = {names[i] for i in order[: round(TEST_SHARE * len(names))]}
    splits: dict[str, list] = {"train": [], "test": []}
    for name, label, image in drawn:
        splits["test" if name in tested else "train"].append((image, label))
    arrays = {}
    for split, found in splits.items():
        shuffled = np.random.default_rng(1).permutation(len(found))
        arrays[f"{split}_images"] = np.stack([found[i][0] for i in shuffled])
        arrays[f"{split}_labels"] = np.array([found[i][1] for i in shuffled])
    return arrays


def checked(packages: Path, vendor: str) -> bytes:
    """A package's content. Raises ValueError if its checksum is another."""
    path = packages / f"emoji-datasource-{vendor}-{VERSION}.tgz"
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[vendor]:
        raise ValueError(f"{path}: SHA-256 {found} instead of {SHA256[vendor]}; pack it again")
    return content


def _pictures(content: bytes, vendor: str, size: int) -> Iterator[tuple[str, int, np.ndarray]]:
    """(name of the emoji, label, uint8 (size, size, 3)) of each picture of a vendor."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        known = json.load(archive.extractfile("package/emoji.json"))
        labels = {e["image"]: CLASSES.index(e["category"]) for e in known if _counts(e, vendor)}
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            if folder == f"package/img/{vendor}/64" and name in labels:
                yield name, labels[name], _pixels(archive.extractfile(member).read(), size)


def _counts(emoji: dict, vendor: str) -> bool:
    return emoji["category"] in CLASSES and emoji[f"has_img_{vendor}"]


def _pixels(png: bytes, size: int) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        drawn = image.convert("RGBA")
    page = Image.new("RGBA", drawn.size, (BACKGROUND,) * 4)
    page.alpha_composite(drawn)
    return np.asarray(page.convert("RGB").resize((size, size), Image.Resampling.BOX))


if __name__ == "__main__":
    main()
