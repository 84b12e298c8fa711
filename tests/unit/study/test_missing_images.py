"""Images that a study needs and this machine lacks are named; unpacked results need none."""

import pytest
from broken_config import broken, named

from spatial_mae.study import configuration, sources
from spatial_mae.study.file_states import dataset_state

TERMS = {"pixels": "lossless", "licence": "mine"}


def test_a_missing_copy_is_named(config, tmp_path):
    def use(dataset):
        return lambda c: c["datasets"].update(dead_leaves=dataset)

    absent = {"source": "image_folder", "root": str(tmp_path / "none"), "size": [32, 32], **TERMS}
    assert "does not exist" in broken(config, use(absent))
    assert "needs `root:`" in broken(config, use(absent | {"root": None}))
    cities = {"source": "cityscapes", "root": str(tmp_path), "size": [32, 32], **TERMS}
    cities["target"] = "disparity"
    message = broken(config, use(cities))
    assert "holds no leftImg8bit" in message and "csDownload" in message
    (tmp_path / "leftImg8bit").mkdir()
    assert "holds no disparity" in broken(config, use(cities))


def test_a_shared_folder_serves_public_data_only(config, tmp_path):
    config["data"]["root"] = str(tmp_path)
    config["datasets"]["cifar10"] = {"source": "cifar10"}
    assert sources.root(config, "dead_leaves") is None
    assert sources.root(config, "cifar10") == str(tmp_path)
    assert dataset_state(config, "cifar10") == ""

    def use_cifar10(c):
        named(c, "autocorrelation")["grids"][0]["dataset"] = ["cifar10"]

    message = broken(config, use_cifar10)
    assert "holds no cifar-10-python.tar.gz or cifar-10-batches-py" in message
    (tmp_path / "copies" / "cifar-10-batches-py").mkdir(parents=True)
    use_cifar10(config)
    configuration.checked(config)


def test_unpacked_results_need_no_copy_of_the_images(config, tmp_path, monkeypatch):
    absent = {"source": "image_folder", "root": str(tmp_path / "none"), "size": [32, 32], **TERMS}
    config["datasets"]["dead_leaves"] = absent
    folder = tmp_path / "results/data/dead_leaves"
    folder.mkdir(parents=True)
    (folder / "manifest.json").touch()
    monkeypatch.chdir(tmp_path)
    configuration.checked(config)
    (folder / "train.npy").touch()  # prepared here: its copy should be here too
    with pytest.raises(ValueError, match="does not exist"):
        configuration.checked(config)


def test_unpacked_results_need_no_copy_of_shifted_images(config, tmp_path, monkeypatch):
    config["recipes"]["robustness"]["default"].update(cifar10_1=str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="cifar10_1"):
        configuration.checked(config)
    folder = tmp_path / "results/data/dead_leaves"
    folder.mkdir(parents=True)
    (folder / "manifest.json").touch()
    configuration.checked(config)


def test_a_detector_without_its_images_is_refused_in_words_that_help(config, tmp_path):
    run = {"dataset": ["dead_leaves"], "model": ["tiny"], "training": ["short"], "patch": [8]}
    run |= {"unit": [1], "mask": [0.5], "enc": [1], "dec": [1]}

    def detect(c, path):
        c["recipes"]["detection"] = {"default": {"train_images": path}}
        c["experiments"] = [{"kind": "detection", "grids": [run]}]

    advice = r"give its path (docs/detection.md), or leave its experiments out"
    missing = broken(config, lambda c: detect(c, str(tmp_path / "none")))
    assert f"none' does not exist; {advice}" in missing
    assert f"test_annotations is null; {advice}" in missing
    assert f"train_images is null; {advice}" in broken(config, lambda c: detect(c, None))
