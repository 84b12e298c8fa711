"""What is wrong with a set in COCO's format is said before anything is trained."""

import json

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data.pixels import Reading
from spatial_mae.detection.coco import decode, read_coco
from spatial_mae.detection.scoring import ground_truth


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
            one | {"id": 94, "segmentation": [[], [1, 1]]},
            one | {"id": 95, "segmentation": [[5, 5, 5, 5, 5, 5], [1, 1, 2, 2]]},
        ]

    change(own_shapes, spoil)
    data = read(own_shapes)
    assert data.n_degenerate == 6 and len(data.objects[5]) == 1


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", [[], [1, 1], [1, 1, 40, 40]])
def test_a_part_without_three_corners_is_dropped_and_its_object_kept(own_shapes, place, bad):
    """Also first, where pycocotools reads four numbers as a box; as truth of the score too."""
    parts = [[2, 1, 6, 1, 6, 4, 2, 4], [10, 10, 14, 10, 14, 12, 10, 12]]
    parts.insert(place, bad)
    change(own_shapes, lambda c: c["annotations"][0].update(segmentation=parts, area=20))
    data = read(own_shapes)
    wanted = np.zeros((64, 64), bool)
    wanted[1:4, 2:6] = wanted[10:12, 10:14] = True
    assert data.n_degenerate == 0
    assert (data.masks(data.images[0])[0] == wanted).all()
    scored = ground_truth(data)["annotations"][0]
    assert (decode(scored["segmentation"], 64, 64) == wanted).all()


def test_a_crowd_of_polygons_needs_one_of_three_corners(own_shapes):
    def gather(parts):
        change(own_shapes, lambda c: c["annotations"].append(crowd | {"segmentation": parts}))
        return read(own_shapes)

    crowd = json.loads((own_shapes / "coco.json").read_text())["annotations"][0]
    crowd |= {"id": 90, "iscrowd": 1}
    assert gather([[1, 1, 2, 2]]).n_crowds == 1
    assert gather([[1, 1, 2, 2], [2, 1, 6, 1, 6, 4]]).n_crowds == 2


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


def test_the_reader_sees_what_the_one_of_a_folder_sees(own_shapes):
    grey = np.tile(np.arange(64, dtype=np.uint16) * 1000, (64, 1))
    Image.fromarray(grey).save(own_shapes / "0.png")
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    clear = np.dstack(
        [np.zeros((64, 64, 3), np.uint8), np.tile(np.arange(64, dtype=np.uint8), (64, 1))]
    )
    Image.fromarray(clear).save(own_shapes / "1.png", exif=exif)
    data = read(own_shapes)
    for image in data.images:
        expected = np.asarray(Reading(3).read(own_shapes / image["file_name"]))
        np.testing.assert_array_equal(data.pixels(image, 3), expected)
    assert data.pixels(data.images[0], 1)[0, -1, 0] == round(63000 / 257)
    assert data.pixels(data.images[1], 1)[0, -1, 0] == 127


def test_twelve_bits_in_files_of_sixteen_need_their_white(own_shapes):
    for name in ("0.png", "1.png"):
        Image.fromarray(np.full((64, 64), 4000, np.uint16)).save(own_shapes / name)
    with pytest.raises(
        ValueError, match="2 files of 16 bits is above 4000.*white: 4095.*detection"
    ):
        read(own_shapes)
    data = read_coco(own_shapes / "coco.json", own_shapes, 4095)
    assert (data.pixels(data.images[0], 3) == round(4000 / 4095 * 255)).all()


def test_sizes_are_those_of_upright_images(own_shapes):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (32, 64)).save(own_shapes / "1.png", exif=exif)
    change(own_shapes, lambda c: c["images"][1].update(width=32))
    with pytest.raises(ValueError, match="1.png is 64 x 32 .* upright by EXIF.*says 32 x 64"):
        read(own_shapes)
