"""Pictures small enough to be part of the page."""

import base64
import io
from pathlib import Path

from PIL import Image

from spatial_mae.files import check

COLOURS = 128
THUMBNAIL, LEADING = 640, 1280  # pixels: the widest picture in a list, and next to the findings


def embed(path: Path, widest: int) -> dict:
    """A picture as `address` (data:, png on white, at most `widest` pixels), `width`, `height`.

    Raises ValueError for a file that is not what was written there.
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
    shown.quantize(COLOURS).save(stored, "PNG", optimize=True)
    text = base64.b64encode(stored.getvalue()).decode("ascii")
    size = {"width": shown.width, "height": shown.height}
    return {"address": f"data:image/png;base64,{text}", **size}
