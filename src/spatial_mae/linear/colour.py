"""Images as rows of integers: luma, gray or rgb."""

import numpy as np

COLOURS = ("luma", "gray", "rgb")
# BT.601 weights times 2^16, as in Pillow's "L".
LUMA_WEIGHTS = (19595, 38470, 7471)


def channels_kept(colour: str, channels: int) -> int:
    """Channels of a pixel once converted. ValueError for a colour that the images lack."""
    if colour not in COLOURS:
        raise ValueError(f"colour {colour!r} is unknown; use one of {', '.join(COLOURS)}")
    if channels not in (1, 3):
        raise ValueError(f"images have {channels} channels; expected 1 (gray) or 3 (rgb)")
    if colour == "rgb" and channels != 3:
        raise ValueError("colour 'rgb' needs images of 3 channels, these have 1; use 'luma'")
    return 3 if colour == "rgb" else 1


def full_scale(colour: str, channels: int) -> int:
    """The integer that represents a pixel value of 1: 255, or 765 for a sum of three channels."""
    return 255 * channels if colour == "gray" else 255


def integer_rows(images: np.ndarray, colour: str) -> np.ndarray:
    """Flattened images of integers in 0 to `full_scale`; divide by it for pixels in [0, 1].

    images: uint8 of shape (n, height, width, channels). "luma" is BT.601 rounded to 8 bits, "gray"
    the sum of the channels (their unweighted mean times their number, exact), "rgb" the pixels as
    they are.
    Returns uint8 (uint16 for a sum), shape (n, d), d = height * width * channels kept, pixel by
    pixel.
    """
    n, height, width, channels = images.shape
    kept = channels_kept(colour, channels)
    if channels == kept:
        pixels = images
    elif colour == "gray":
        pixels = images.sum(axis=3, dtype=np.uint16)
    else:
        red, green, blue = (images[..., c].astype(np.uint32) for c in range(3))
        weights = LUMA_WEIGHTS
        mixed = weights[0] * red + weights[1] * green + weights[2] * blue + 2**15
        pixels = (mixed >> 16).astype(np.uint8)
    return np.ascontiguousarray(pixels).reshape(n, height * width * kept)


def pixel_rows(images: np.ndarray, colour: str) -> np.ndarray:
    """Flattened images in [0, 1]: float64 of shape (n, d); arguments as in `integer_rows`."""
    return integer_rows(images, colour) / full_scale(colour, images.shape[3])
