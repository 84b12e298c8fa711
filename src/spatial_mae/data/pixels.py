"""From an image file of any kind to uint8 pixels of one size.

In order: the orientation that EXIF states; 16-bit grey scaled to 8 bits; transparency laid over
a grey background; colour or luma (BT.601, as Pillow's "L"); then the fit to the size.
"""

import struct
import zlib
from typing import BinaryIO, Literal

import numpy as np
from PIL import Image, ImageOps

Fit = Literal["resize", "centre_crop", "random_crops"]
Interpolation = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]

# What Pillow's decoders raise on files that are damaged or no images.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError)
UNREADABLE += (struct.error, zlib.error, OverflowError)


class OversizedImageError(RuntimeError):
    """An image with more pixels than Pillow's limit: damaged, or made to fill the memory."""


def read_pixels(file: BinaryIO | str, channels: int, background: int) -> Image.Image:
    """Decode an image: mode "L" for 1 channel, "RGB" for 3; `background` is 0..255.

    Raises one of UNREADABLE if it cannot be decoded, OversizedImageError if it is too large.
    """
    try:
        with Image.open(file) as image:
            _refuse_oversized(image)
            image = ImageOps.exif_transpose(image)
            return _opaque(image, background).convert("L" if channels == 1 else "RGB")
    except Image.DecompressionBombError as error:
        raise OversizedImageError(str(error)) from error


def _refuse_oversized(image: Image.Image) -> None:
    n_pixels, limit = image.width * image.height, Image.MAX_IMAGE_PIXELS
    if limit is not None and n_pixels > limit:
        raise OversizedImageError(f"{image.width} x {image.height} pixels, more than {limit}")


def _opaque(image: Image.Image, background: int) -> Image.Image:
    """8 bits and no transparency: mode "L" or "RGB" (or one that converts to them without loss)."""
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bits(image))
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        canvas = Image.new("RGBA", image.size, (background,) * 3 + (255,))
        return Image.alpha_composite(canvas, image).convert("RGB")
    return image.convert("RGB") if image.mode == "P" else image


def _eight_bits(image: Image.Image) -> np.ndarray:
    """Grey of 16 bits as 8, 65535 -> 255, rounded."""
    values = np.asarray(image)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65535:
        raise ValueError(f"pixels of mode {image.mode} outside 0..65535: their white is unknown")
    return ((values.astype(np.int64) * 255 + 32767) // 65535).astype(np.uint8)


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
