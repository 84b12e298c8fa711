"""What is wrong with a set in COCO's format is said before anything is trained."""

import json

import numpy as np
import pytest
from PIL import Image

from spatial_mae.detection.coco import decode, read_coco


def read(folder):
    return read_coco(folder / "coco.json", folder)


def change(folder, function):
    content = json.loads((folder / "coco.json").read_text())
    function(content)
    (folder / "coco.json").write_text(json.dumps(content))


def test_objects_crowds_and_categories(own_shapes):
    data = read(own_shapes)
    assert (data.categories, data.names) == ((3, 8), ("rectangle", "ellipse"))
    assert (data.n_crowds, data.n_degenerate, len(data.images)) == (1, 0, 2)
    assert [one["area"] for one in data.crowds[5]] == [36]
    mask, (x, y, width, height) = data.masks(data.images[0])[0], data.objects[5][0]["bbox"]
    assert mask[y : y + height, x : x + width].all() and mask.sum() == width * height


def test_polygons_and_both_run_lengths_give_one_mask():
    from pycocotools import mask

    polygon = [[2, 1, 6, 1, 6, 4, 2, 4]]
    wanted = np.zeros((8, 10), bool)
    wanted[1:4, 2:6] = True
    flat = np.concatenate([[0], wanted.T.ravel().astype(int)])
    changes = np.flatnonzero(np.diff(flat))
    plain = np.diff([0, *changes, wanted.size]).tolist()
    packed = mask.encode(np.asfortranarray(wanted.astype(np.uint8)))
    for shape in (polygon, {"counts": plain, "size": [8, 10]}, packed):
        assert (decode(shape, 8, 10) == wanted).all()


def test_degenerate_objects_are_counted_and_left_out(own_shapes):
    def spoil(content):
        one = content["annotations"][0]
        content["annotations"] += [
            one | {"id": 90, "bbox": [3, 3, 0, 5]},
            one | {"id": 91, "bbox": [70, 3, 5, 5]},
            one | {"id": 92, "segmentation": [[1, 1, 2, 2]]},
            one | {"id": 93, "segmentation": []},
        ]

    change(own_shapes, spoil)
    data = read(own_shapes)
    assert data.n_degenerate == 4 and len(data.objects[5]) == 1


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c: c["annotations"][0].update(image_id=99), "unknown image, the first .id 0."),
        (lambda c: c["annotations"][0].update(category_id=4), "unknown category"),
        (lambda c: c["annotations"].clear(), "annotations is empty"),
        (lambda c: [a.update(iscrowd=1) for a in c["annotations"]], "no annotation of an object"),
        (lambda c: c.pop("categories"), "no list 'categories'"),
        (lambda c: c["images"][1].pop("width"), "one of images has no width"),
        (lambda c: c["images"][1].update(width=65), "is 64 x 64 .* says 65 x 64"),
        (lambda c: c["images"][1].update(file_name="none.png"), "none.png: no such image"),
    ],
)
def test_a_spoilt_json_is_refused(own_shapes, spoil, message):
    change(own_shapes, spoil)
    with pytest.raises(ValueError, match=message):
        read(own_shapes)


def test_unreadable_files_are_refused(own_shapes):
    (own_shapes / "1.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="1.png: no readable image"):
        read(own_shapes)
    (own_shapes / "coco.json").write_text("{")
    with pytest.raises(ValueError, match="no readable COCO json"):
        read(own_shapes)


def test_a_truncated_image_is_named_when_it_is_read(own_shapes):
    path = own_shapes / "1.png"
    path.write_bytes(path.read_bytes()[:2000])
    assert Image.open(path).size == (64, 64)
    data = read(own_shapes)
    with pytest.raises(ValueError, match="1.png: cannot be decoded"):
        data.pixels(data.images[1], 3)
