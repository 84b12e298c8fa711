"""The entry point that makes data sets, from each kind of input."""

import json
import tarfile
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from spatial_mae.cli.prepare_dataset import main
from spatial_mae.data.store import open_dataset

LEAVES = {"n_train": 20, "n_test": 5, "size": [8, 8], "radius_min": 2, "radius_max": 8}
LEAVES |= {"radius_exponent": 3, "coverage": 3, "supersampling": 1, "stripe_period": 0.5}
LEAVES |= {"chroma": 0.2, "illumination": 0.2, "haze": 0.2, "depth_range": [1, 10]}
FOLDER = {"channels": 3, "fit": "resize", "crops_per_image": 1, "interpolation": "bilinear"}
FOLDER |= {"background": 255, "test_share": 0.2, "max_unreadable_share": 0.0}
FOLDER |= {"pixels": "PNG", "licence": "mine", "size": [8, 8]}


def run(folder, source, recipe, root="", name="x", seed=0):
    """As the rule calls it: an empty --root, and --archive without a value."""
    manifest = folder / name / "manifest.json"
    flags = ["--name", name, "--source", source, "--recipe", json.dumps(recipe)]
    flags += ["--root", str(root), "--archive", "--manifest", str(manifest)]
    flags += ["--seed", str(seed), "--record", str(manifest.with_name("record.json"))]
    main(flags)
    return open_dataset(manifest)


def test_generated_images(tmp_path):
    dataset = run(tmp_path, "dead_leaves", LEAVES)
    assert dataset.images("train").shape == (20, 8, 8, 3)
    assert dataset.depth("test").shape == (5, 8, 8) and dataset.labels("test").shape == (5,)
    assert dataset.manifest["recipe"] == LEAVES
    assert "singular" in dataset.manifest["warnings"][-1]
    record = json.loads((tmp_path / "x" / "record.json").read_text())
    assert record["warnings"] == dataset.manifest["warnings"]


def test_the_seed_decides(tmp_path):
    digests = [
        run(tmp_path, "dead_leaves", LEAVES, name=name, seed=seed).manifest["files"]
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_own_images(tmp_path, capsys):
    for i in range(10):
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.new("RGB", (9, 9), (i, i, i)).save(tmp_path / "photos" / f"{i}.png")
    dataset = run(tmp_path, "image_folder", FOLDER, tmp_path / "photos")
    assert (dataset.manifest["n_train"], dataset.manifest["n_test"]) == (8, 2)
    assert "warning: 8 training images for 64 dimensions" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "recipe", "message"),
    [
        ("dead_leafs", {}, "did you mean 'dead_leaves'"),
        ("dead_leaves", LEAVES | {"haz": 1}, "unknown key 'haz'; did you mean 'haze'"),
        ("dead_leaves", {"n_train": 3}, "missing n_test, size"),
    ],
)
def test_mistakes_are_named_and_leave_nothing(tmp_path, source, recipe, message):
    with pytest.raises(ValueError, match=message):
        run(tmp_path, source, recipe)
    assert list(tmp_path.iterdir()) == []


def test_missing_data_leaves_no_manifest_and_no_record(tmp_path):
    with pytest.raises(FileNotFoundError, match="cifar-10-python.tar.gz"):
        run(tmp_path, "cifar10", {})
    assert not (tmp_path / "x").exists()


def unpack(archive, folder, keep=lambda member: True, most=None):
    """The first `most` members of a development archive that pass `keep`."""
    if not archive.is_file():
        pytest.skip(f"{archive} is absent")
    with tarfile.open(archive) as tar:
        for member in islice(filter(keep, tar), most):
            tar.extract(member, folder, filter="data")


def test_crops_of_berkeley_photographs(tmp_path, shared_data):
    unpack(shared_data / "bsds500-quarter.tar.xz", tmp_path)
    recipe = FOLDER | {"fit": "random_crops", "crops_per_image": 4, "size": [32, 32]}
    dataset = run(tmp_path, "image_folder", recipe, tmp_path / "bsds500-quarter")
    assert dataset.images("train").shape == (1200, 32, 32, 3)
    assert dataset.images("test").shape == (800, 32, 32, 3)
    assert "validation images were added" in dataset.manifest["warnings"][0]


def test_jpeg_files_in_class_folders(tmp_path, shared_data):
    unpack(shared_data / "cifar10-jpeg.tar.xz", tmp_path / "jpeg", tarfile.TarInfo.isfile, 60)
    (split,) = (tmp_path / "jpeg").iterdir()
    dataset = run(tmp_path, "image_folder", FOLDER | {"size": [32, 32], "layout": "classes"}, split)
    assert dataset.manifest["n_train"] + dataset.manifest["n_test"] == 60
    assert dataset.manifest["classes"] == sorted(p.name for p in split.iterdir())


def test_depth_pairs_in_the_cityscapes_layout(tmp_path, shared_data):
    unpack(shared_data / "depth-cityscapes-layout.tar.xz", tmp_path)
    recipe = {"size": [32, 32], "fit": "centre_crop", "target": "disparity"}
    recipe |= {"min_valid_share": 0.5, "pixels": "PNG", "licence": "research"}
    dataset = run(tmp_path, "cityscapes", recipe, tmp_path / "depth-cityscapes-layout")
    depth = dataset.depth("train")
    assert depth.shape == (dataset.manifest["n_train"], 32, 32) and dataset.manifest["has_depth"]
    known = depth[np.isfinite(depth)]
    assert known.size > depth.size / 2 and (known > 0).all() and known.max() < 256
