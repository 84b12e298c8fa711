import base64
import io

import pytest
from PIL import Image

from spatial_mae.report.pictures import embed


@pytest.mark.parametrize(("size", "kept"), [((900, 300), (300, 100)), ((200, 50), (200, 50))])
def test_a_picture_is_made_no_wider_than_asked(tmp_path, size, kept):
    Image.new("RGB", size, "red").save(tmp_path / "a.png")
    found = embed(tmp_path / "a.png", 300)
    kind, _, text = found["address"].partition(",")
    with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
        assert picture.size == kept == (found["width"], found["height"])
        assert picture.convert("RGB").getpixel((1, 1)) == (255, 0, 0)
    assert kind == "data:image/png;base64"


def test_what_is_transparent_becomes_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "a.png")
    text = embed(tmp_path / "a.png", 300)["address"].partition(",")[2]
    with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
