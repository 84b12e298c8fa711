"""Images with outlined objects: what is seen of each, and the same in COCO's format."""

import numpy as np
import pytest

from spatial_mae.data.coco_writing import run_lengths, write_coco
from spatial_mae.data.outlined_shapes import CLASSES, OutlinedShapes, prepare, scenes

RECIPE = OutlinedShapes(n_train=70, n_test=20)


def draw(seed=0, split="train", recipe=RECIPE):
    """All images of a split, and the objects of each."""
    blocks = list(scenes(recipe, np.random.default_rng(seed))[split])
    images = np.concatenate([images for images, _ in blocks])
    return images, [objects for _, own in blocks for objects in own]


@pytest.fixture(scope="module")
def drawn():
    return draw()


def test_as_many_images_as_asked_for_of_all_classes(drawn):
    images, objects = drawn
    assert images.shape == (70, 64, 64, 3) and images.dtype == np.uint8
    assert len(objects) == 70 and {len(own) for own in objects} == {1, 2, 3}
    assert {one.label for own in objects for one in own} == set(range(len(CLASSES)))


def test_a_seed_decides_the_images_and_more_of_them_begin_alike(drawn):
    images, _ = drawn
    more = OutlinedShapes(n_train=130, n_test=20)
    assert np.array_equal(draw(recipe=more)[0][:60], images[:60])
    assert not np.array_equal(draw(seed=1)[0], images)
    assert not np.array_equal(draw(split="test")[0], images[:20])


def test_the_data_set_holds_the_images_that_have_outlines(drawn):
    found = prepare(RECIPE, None, None, np.random.default_rng(0)).splits["train"]
    assert np.array_equal(np.concatenate([batch.images for batch in found]), drawn[0])


def test_a_pixel_belongs_to_one_object_and_outlines_hold_their_pixels(drawn):
    pytest.importorskip("pycocotools")
    from spatial_mae.detection.coco import decode

    whole = 0
    for own in drawn[1]:
        assert np.sum([one.seen for one in own], axis=0).max() == 1
        for one in own:
            if one.corners is not None:
                whole += 1
                filled = decode([one.corners.ravel().tolist()], 64, 64)
                assert (filled & one.seen).sum() > 0.9 * (filled | one.seen).sum()
    assert whole > 50


def test_only_the_objects_texture_differs_from_the_ground():
    """Without contrast, an object is flat: the mean colour of its class's pixels shows no bars."""
    plain = OutlinedShapes(n_train=60, n_test=1, contrast=0)
    strong = OutlinedShapes(n_train=60, n_test=1, contrast=0.4)
    (flat, objects), (barred, same) = draw(recipe=plain), draw(recipe=strong)
    for i in range(60):
        assert [one.label for one in objects[i]] == [one.label for one in same[i]]
        inner = objects[i][0].seen & np.roll(objects[i][0].seen, (2, 2), (0, 1))
        inner &= np.roll(objects[i][0].seen, (-2, -2), (0, 1))
        assert barred[i][inner].std(axis=0).mean() > flat[i][inner].std(axis=0).mean()
    ground = ~np.any([one.seen for one in objects[0]], axis=0)
    ground &= (flat[0] == barred[0]).all(axis=-1)
    assert ground.sum() > 64 * 64 / 4


def test_run_lengths_start_outside_and_go_along_columns():
    mask = np.array([[False, True], [True, True], [False, False]])
    assert run_lengths(mask) == [1, 1, 1, 2, 1]
    assert run_lengths(~mask) == [0, 1, 1, 1, 2, 1]


def test_what_is_written_is_read_as_the_same_objects(drawn, tmp_path):
    pytest.importorskip("pycocotools")
    from spatial_mae.detection.coco import read_coco

    images, objects = drawn
    blocks = [(images[:60], objects[:60]), (images[60:], objects[60:])]
    n = write_coco(tmp_path / "train.json", tmp_path / "images/train", blocks, images)
    found = read_coco(tmp_path / "train.json", tmp_path)
    assert n == len(found.images) == 70 and found.names == CLASSES
    assert found.n_crowds == found.n_degenerate == 0
    for image, pixels, own in zip(found.images, images, objects, strict=True):
        assert np.array_equal(found.pixels(image, 3), pixels)
        for seen, one in zip(found.masks(image), own, strict=True):
            exact = one.corners is None
            assert np.array_equal(seen, one.seen) if exact else (seen ^ one.seen).mean() < 0.03


def test_true_objects_score_one(drawn, tmp_path):
    pytest.importorskip("pycocotools")
    from spatial_mae.detection.coco import read_coco, run_lengths
    from spatial_mae.detection.scoring import average_precision

    write_coco(tmp_path / "train.json", tmp_path / "images", [drawn], drawn[0])
    data = read_coco(tmp_path / "train.json", tmp_path)
    found = [
        {
            **{key: one[key] for key in ("image_id", "category_id", "bbox")},
            "segmentation": run_lengths(one["segmentation"], 64, 64),
            "score": 1.0,
        }
        for own in data.objects.values()
        for one in own
    ]
    values = {row["metric"]: row["value"] for row in average_precision(data, found)}
    assert values["box_ap"] == values["mask_ap"] == pytest.approx(1)


def test_other_images_than_those_prepared_are_refused(drawn, tmp_path):
    with pytest.raises(ValueError, match="prepare it again"):
        write_coco(tmp_path / "train.json", tmp_path / "images", [drawn], 255 - drawn[0])
    assert not (tmp_path / "train.json").exists()


def test_radii_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="at most half the image's shorter side, 32"):
        OutlinedShapes(n_train=1, n_test=1, radius=(6, 40))


def test_objects_that_cover_no_pixel_are_not_drawn(tmp_path):
    small = OutlinedShapes(n_train=60, n_test=1, size=(16, 16), radius=(0.1, 0.4))
    images, objects = draw(recipe=small)
    assert 0 < sum(map(len, objects)) < 60
    assert all(one.seen.any() for own in objects for one in own)
    blocks = scenes(small, np.random.default_rng(0))["train"]
    assert write_coco(tmp_path / "train.json", tmp_path / "images", blocks, images) == 60
