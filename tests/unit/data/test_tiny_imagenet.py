"""Tiny ImageNet's zip in miniature."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data import tiny_imagenet

COUNTS = {"classes": 2, "train": 6, "test": 4}


def jpeg(level, mode="RGB", side=64):
    file = io.BytesIO()
    Image.new(mode, (side, side), level if mode == "L" else (level,) * 3).save(file, "JPEG")
    return file.getvalue()


def members():
    top = tiny_imagenet.TOP
    values = {f"{top}/wnids.txt": "n2\nn1"}
    for label, wnid in enumerate(("n2", "n1")):
        for i in range(3):
            mode = "L" if i == 0 else "RGB"
            name = f"{top}/train/{wnid}/images/{wnid}_{i}.JPEG"
            values[name] = jpeg(100 * label + 10 * i, mode)
        values[f"{top}/train/{wnid}/{wnid}_boxes.txt"] = "boxes"
    notes = [f"val_{i}.JPEG\t{('n2', 'n1')[i % 2]}\t0\t0\t62\t62" for i in range(4)]
    values[f"{top}/val/val_annotations.txt"] = "\n".join(notes) + "\n"
    values |= {f"{top}/val/images/val_{i}.JPEG": jpeg(100 * (i % 2)) for i in range(4)}
    values[f"{top}/test/images/test_0.JPEG"] = jpeg(255)
    return values


def write(path, values):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in values.items():
            archive.writestr(name, content)
    return path


def prepare(root=None, archive=None, size=(64, 64), counts=COUNTS):
    rng = np.random.default_rng(0)
    return tiny_imagenet.prepare(tiny_imagenet.TinyImagenet(size), root, archive, rng, counts)


def test_labels_follow_their_images(tmp_path):
    write(tmp_path / "tiny-imagenet-200.zip", members())
    prepared = prepare(root=tmp_path, size=(32, 32))
    assert prepared.classes == ["n2", "n1"] and "sha256" in prepared.warnings[0]
    for parts in prepared.splits.values():
        (part,) = parts
        assert part.images.shape[1:] == (32, 32, 3)
        np.testing.assert_array_equal(part.labels, part.images.mean(axis=(1, 2, 3)) > 50)


def test_the_counts_are_verified(tmp_path):
    archive = write(tmp_path / "a.zip", members())
    with pytest.raises(ValueError, match="found .*'train': 6.*expected .*'train': 100000"):
        prepare(archive=archive, counts=tiny_imagenet.COUNTS)


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "a/../../b", "a\\..\\b"])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, name):
    archive = write(tmp_path / "a.zip", members() | {name: "x"})
    with pytest.raises(ValueError, match="is refused: .*leads out of its folder"):
        prepare(archive=archive)


def test_damaged_archives_are_named(tmp_path):
    archive = write(tmp_path / "a.zip", members())
    whole = archive.read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(jpeg(10)) + 300] ^= 255
    for content in (whole[:-100], bytes(flipped), b"not a zip"):
        archive.write_bytes(content)
        with pytest.raises(ValueError, match="is damaged: .*download it again"):
            prepare(archive=archive)


def test_other_archives_are_refused(tmp_path):
    archive = write(tmp_path / "a.zip", {"x": "y"})
    with pytest.raises(ValueError, match="lacks tiny-imagenet-200/wnids.txt"):
        prepare(archive=archive)
    unknown = members() | {f"{tiny_imagenet.TOP}/train/n9/images/n9_0.JPEG": jpeg(0)}
    with pytest.raises(ValueError, match="class 'n9' is not in wnids.txt"):
        prepare(archive=write(archive, unknown))


def test_images_that_are_none_are_named(tmp_path):
    for content, message in ((b"text", "cannot be decoded"), (jpeg(0, side=32), "expected 64")):
        broken = members() | {f"{tiny_imagenet.TOP}/val/images/val_2.JPEG": content}
        prepared = prepare(archive=write(tmp_path / "a.zip", broken))
        with pytest.raises(ValueError, match=f"val_2.JPEG.*{message}"):
            list(prepared.splits["test"])


def test_missing_data_says_exactly_what_to_put_where(tmp_path):
    with pytest.raises(FileNotFoundError, match="put tiny-imagenet-200.zip into a folder"):
        prepare(root=tmp_path)
