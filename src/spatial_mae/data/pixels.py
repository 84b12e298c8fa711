"""From an image file of any kind to uint8 pixels: the one decoder of every reader.

In order: the orientation that EXIF states; samples of more than 8 bits scaled to 8; transparency
laid over a grey background; colour or luma (BT.601, as Pillow's "L"). Then, apart, the fit to a
size.
"""

import struct
import threading
import zlib
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from PIL import Image, ImageOps

from spatial_mae.data.ranges import SIXTEEN, check_one
from spatial_mae.files import atomic_path

Fit = Literal["resize", "centre_crop", "random_crops"]
Interpolation = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]
File = BinaryIO | str | Path

BACKGROUND = 127
"""The grey behind transparent pixels, where no recipe names one."""
MAX_MEGAPIXELS = 256
"""The largest image, in millions of pixels, where no recipe names a limit."""
LARGE = 2**26  # pixels; images above are decoded one at a time, so that threads do not add up
ORIENTATION, TURNED = 0x0112, (5, 6, 7, 8)  # EXIF: those that exchange width and height
BITS, INVERTED = 258, 262  # tags of TIFF: bits of a sample; 0: white is zero

# What Pillow's decoders raise on files that are damaged or no images.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError)
UNREADABLE += (struct.error, zlib.error, OverflowError)

Image.MAX_IMAGE_PIXELS = None  # a `Reading` has a limit that its user can set
_one_large_image = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """A decoded image, mode "L" or "RGB".

    largest: the largest sample of a file of 16 bits, of which nothing says how many are in use;
    None for all others.
    """

    image: Image.Image
    largest: int | None


@dataclass(frozen=True)
class Reading:
    """How files are decoded.

    channels: 1 or 3. background: 0..255. white: the sample that becomes 255 in files of more than 8
    bits a sample; None: the largest that 16 bits hold. max_megapixels: largest image, in millions
    of pixels.
    """

    channels: int
    background: int = BACKGROUND
    white: float | None = None
    max_megapixels: float = MAX_MEGAPIXELS

    def decode(self, file: File) -> Picture:
        """Raises one of UNREADABLE, with the reason, if the file cannot be decoded.

        The caller judges `largest`, with that of other files (`data.ranges`).
        """
        with Image.open(file) as image:
            n_pixels = image.width * image.height
            if n_pixels > self.max_megapixels * 1e6:
                raise ValueError(
                    f"{image.width} x {image.height} pixels, more than max_megapixels "
                    f"{self.max_megapixels:g}"
                )
            with _one_large_image if n_pixels > LARGE else nullcontext():
                return self._picture(image)

    def read(self, file: File) -> Image.Image:
        """The image of a file that is judged by itself.

        Raises one of UNREADABLE as `decode`, also if 16 bits hold only small samples.
        """
        picture = self.decode(file)
        check_one(picture.largest)
        return picture.image

    def _picture(self, image: Image.Image) -> Picture:
        deep = ";16" in str(image.tile)  # colours of 16 bits, of which Pillow keeps the upper 8
        turned = ImageOps.exif_transpose(image)
        largest = None
        if image.mode.startswith(("I", "F")):
            turned, largest = self._eight_bits(image, turned)
        elif deep:
            largest = self._deep_colour(turned)
        opaque = _opaque(turned, self.background)
        return Picture(opaque.convert("L" if self.channels == 1 else "RGB"), largest)

    def _eight_bits(self, file: Image.Image, turned: Image.Image) -> tuple[Image.Image, int | None]:
        """Grey samples as 8 bits, white -> 255, rounded; and `largest`."""
        values, stated = np.asarray(turned), _stated_white(file)
        white = stated if file.format == "PPM" else self.white or stated
        if white is None:
            kind = (
                "floating-point numbers" if file.mode == "F" else "integers of 32 bits, or signed"
            )
            raise ValueError(f"samples are {kind}: which value is white is unknown; state `white`")
        if not (values.min() >= 0 and values.max() <= white):  # also where one is no number
            raise ValueError(
                f"samples from {values.min():g} to {values.max():g}, outside 0 to {white:g}, the "
                "white; state another `white`"
            )
        if file.format == "TIFF" and file.tag_v2.get(INVERTED) == 0:
            values = white - values.astype(np.float64)
        grey = Image.fromarray(_scaled(values, white))
        clear = turned.info.get("transparency")
        if isinstance(clear, int):
            grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
        unsure = self.white is None and white == SIXTEEN and file.format != "PPM"
        return grey, int(values.max()) if unsure else None

    def _deep_colour(self, image: Image.Image) -> int | None:
        if self.white not in (None, SIXTEEN):
            raise ValueError(
                "colours of 16 bits are read by their upper 8, so `white` cannot apply to them; "
                "store the files with 8 bits"
            )
        colours = image.getbands()[:-1] if image.mode[-1] in "Aa" else image.getbands()
        highest = max(image.getchannel(band).getextrema()[1] for band in colours)
        return highest * 256 + 255 if self.white is None else None


def _stated_white(file: Image.Image) -> int | None:
    """The largest sample that the file's kind allows; None where that says nothing."""
    if file.mode.startswith("I;16"):
        bits = file.tag_v2.get(BITS, (16,)) if file.format == "TIFF" else (16,)
        return 2 ** bits[0] - 1
    return SIXTEEN if file.mode == "I" and file.format in ("PNG", "PPM") else None


def _scaled(values: np.ndarray, white: float) -> np.ndarray:
    if values.dtype.kind in "iu" and white == int(white):
        return ((values.astype(np.int64) * 255 + int(white) // 2) // int(white)).astype(np.uint8)
    return np.rint(values.astype(np.float64) * 255 / white).astype(np.uint8)


@dataclass(frozen=True)
class Header:
    """Of a file: width and height of what `Reading` makes of it; more than 8 bits a sample?"""

    size: tuple[int, int]
    deep: bool


def read_header(file: File) -> Header:
    """Without decoding. Raises one of UNREADABLE if the file is no image.

    An orientation that a PNG states after its pixels is not seen.
    """
    with Image.open(file) as image:
        # The size of a TIFF is upright; asked for the EXIF of a PNG without, Pillow decodes it.
        unseen = image.format == "PNG" and "exif" not in image.info
        stated = {} if unseen or image.format == "TIFF" else image.getexif()
        turned = stated.get(ORIENTATION) in TURNED
        deep = image.mode.startswith(("I", "F")) or ";16" in str(image.tile)
        return Header(image.size[::-1] if turned else image.size, deep)


def read_samples(file: File) -> np.ndarray:
    """The samples as they are stored, upright: (height, width) or (height, width, channels).

    For what is no picture, such as disparities. Raises one of UNREADABLE.
    """
    with Image.open(file) as image:
        return np.asarray(ImageOps.exif_transpose(image))


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Write uint8 pixels, (height, width, 3) or (height, width), without loss."""
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="png")


def _opaque(image: Image.Image, background: int) -> Image.Image:
    """No transparency: mode "L" or "RGB" (or one that converts to them without loss)."""
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        canvas = Image.new("RGBA", image.size, (background,) * 3 + (255,))
        return Image.alpha_composite(canvas, image).convert("RGB")
    return image.convert("RGB") if image.mode == "P" else image


def fit_pixels(
    image: Image.Image,
    size: tuple[int, int],
    fit: Fit,
    interpolation: Interpolation,
    corners: np.ndarray,
) -> np.ndarray:
    """Bring an image to `size` (height, width): uint8 (n, height, width, channels).

    resize: stretched. centre_crop: scaled until it just covers `size`, the middle kept.
    random_crops: cut out at native resolution, one crop for each row of `corners` (n, 2) in
    [0, 1), the place of its corner. Raises ValueError if the image is smaller than such a crop.
    """
    height, width = size
    if fit == "random_crops":
        return _crops(np.asarray(image), height, width, corners)
    box = _middle(image.width, image.height, width / height) if fit == "centre_crop" else None
    if image.size != (width, height):
        filter_ = Image.Resampling[interpolation.upper()]
        image = image.resize((width, height), filter_, box=box)
    return _with_channels(np.asarray(image))[None]


def _middle(width: int, height: int, aspect: float) -> tuple[float, float, float, float]:
    """The largest box of this aspect ratio (width / height) in the middle of an image."""
    box_width, box_height = min(width, height * aspect), min(height, width / aspect)
    left, top = (width - box_width) / 2, (height - box_height) / 2
    return left, top, min(left + box_width, width), min(top + box_height, height)


def _crops(pixels: np.ndarray, height: int, width: int, corners: np.ndarray) -> np.ndarray:
    pixels = _with_channels(pixels)
    spare = np.array([pixels.shape[0] - height, pixels.shape[1] - width])
    if spare.min() < 0:
        found = f"{pixels.shape[0]} x {pixels.shape[1]}"
        raise ValueError(f"{found} pixels, smaller than the crop of {height} x {width}")
    tops_lefts = (corners * (spare + 1)).astype(int)
    return np.stack([pixels[t : t + height, s : s + width] for t, s in tops_lefts])


def _with_channels(pixels: np.ndarray) -> np.ndarray:
    return pixels[..., None] if pixels.ndim == 2 else pixels
