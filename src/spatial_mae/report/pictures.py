"""Pictures small enough to be part of the page."""

import base64
import io
from pathlib import Path

from PIL import Image

from spatial_mae.files import check

COLOURS = 128
ROUNDS = 2  # of k-means, which bring the chosen colours back to those of the picture
THUMBNAIL, LEADING = 640, 1280  # pixels: the widest picture in a list, and next to the findings


def embed(path: Path, widest: int) -> dict:
    """A picture as `address` (data:, png as of `shrunk`), `width`, `height`."""
    content, (width, height) = shrunk(path, widest)
    text = base64.b64encode(content).decode("ascii")
    return {"address": f"data:image/png;base64,{text}", "width": width, "height": height}


def shrunk(path: Path, widest: int, rare: bool = False) -> tuple[bytes, tuple[int, int]]:
    """A picture as a png of few colours on white, at most `widest` pixels; its width and height.

    rare: colours of few pixels are kept too, such as the ends of a heat map's scale. Raises
    ValueError for a file that is not what was written there.
    """
    check(path)
    with Image.open(path) as picture:
        shown = Image.new("RGB", picture.size, "white")
        seen = picture.convert("RGBA")
    shown.paste(seen, mask=seen)
    if shown.width > widest:
        height = max(1, round(shown.height * widest / shown.width))
        shown = shown.resize((widest, height), Image.Resampling.LANCZOS)
    stored = io.BytesIO()
    how = (256, Image.Quantize.MAXCOVERAGE, ROUNDS) if rare else (COLOURS,)
    shown.quantize(*how).save(stored, "PNG", optimize=True)
    return stored.getvalue(), shown.size
