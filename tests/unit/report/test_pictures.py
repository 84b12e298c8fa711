import base64
import io

import numpy as np
import pytest
from PIL import Image

from spatial_mae.report.pictures import embed, shrunk


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


def test_colours_of_few_and_of_many_pixels_stay_what_they_are(tmp_path):
    grey, seed = (237, 237, 237), np.random.default_rng(0)
    drawn = np.full((120, 240, 3), grey, dtype=np.uint8)
    drawn[:, :120] = seed.integers(0, 256, (120, 120, 3))
    drawn[50:54, 180:184] = (178, 24, 43)
    Image.fromarray(drawn).save(tmp_path / "a.png")
    content, _ = shrunk(tmp_path / "a.png", 300, rare=True)
    with Image.open(io.BytesIO(content)) as picture:
        seen = np.asarray(picture.convert("RGB")).astype(int)
    assert abs(seen[:, 130:170] - grey).max() <= 1
    assert abs(seen[51:53, 181:183] - (178, 24, 43)).max() <= 24
