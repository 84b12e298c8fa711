"""A small set in COCO's format: of the tests of detection."""

import json

import numpy as np
from PIL import Image, ImageDraw

COLOURS = {3: (220, 30, 30), 8: (30, 30, 220)}
SIDE = 64


def draw_set(folder, n, seed):
    """Red rectangles (3) and blue ellipses (8) on noise; the first image has a crowd besides."""
    from pycocotools import mask

    rng = np.random.default_rng(seed)
    folder.mkdir()
    images, annotations = [], []
    for i in range(n):
        picture = Image.fromarray(rng.integers(60, 140, size=(SIDE, SIDE, 3), dtype=np.uint8))
        pen = ImageDraw.Draw(picture)
        category = (3, 8)[i % 2]
        width, height = (int(v) for v in rng.integers(20, 36, size=2))
        x, y = (int(rng.integers(2, SIDE - size - 2)) for size in (width, height))
        corners = (x, y, x + width - 1, y + height - 1)
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        if category == 3:
            pen.rectangle(corners, fill=COLOURS[3])
            outline = [x, y, x + width, y, x + width, y + height, x, y + height]
        else:
            pen.ellipse(corners, fill=COLOURS[8])
            round_x = x + width / 2 * (1 + np.cos(angles))
            round_y = y + height / 2 * (1 + np.sin(angles))
            outline = np.stack([round_x, round_y], axis=1).ravel().tolist()
        picture.save(folder / f"{i}.png")
        images.append({"id": i + 5, "file_name": f"{i}.png", "width": SIDE, "height": SIDE})
        one = {"image_id": i + 5, "category_id": category, "bbox": [x, y, width, height]}
        one |= {"segmentation": [outline], "area": width * height, "iscrowd": 0}
        annotations.append({"id": len(annotations), **one})
    corner = np.zeros((SIDE, SIDE), np.uint8, order="F")
    corner[:6, :6] = 1
    lengths = mask.encode(corner)
    lengths["counts"] = lengths["counts"].decode()
    crowd = {"image_id": 5, "category_id": 8, "bbox": [0, 0, 6, 6], "segmentation": lengths}
    annotations.append({"id": len(annotations), **crowd, "area": 36, "iscrowd": 1})
    categories = [{"id": 8, "name": "ellipse"}, {"id": 3, "name": "rectangle"}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "coco.json").write_text(json.dumps(content))
    return folder
